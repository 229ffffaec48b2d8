import type { Logger, HarvestMetrics } from '@harvest/observability';
import type { IngestionBarrier } from '@harvest/read-models';
import type { Commit } from './partition-options';

type Pending = Awaited<ReturnType<IngestionBarrier['pending']>>;

/**
 * Decides ingestions the moment the commit that passes their manifest is done. Whoever commits last asks; two partitions that commit
 * at once both ask; a sweep asks for what was missed. Deciding is idempotent.
 */
export class BarrierWatch {
  private pending: Pending = [];
  private deciding: Promise<void> | null = null;
  private again = false;

  constructor(
    private readonly barrier: IngestionBarrier,
    private readonly metrics: HarvestMetrics,
    private readonly logger: Logger,
  ) {}

  /** After each commit of the active generation. Synchronous and quick. */
  committed(commit: Commit, isIngestions: boolean): void {
    if (isIngestions || this.pending.some((ingestion) => ingestion.needs.some((need) => passes(commit, need)))) this.decideSoon();
  }

  /** Somebody has told of a completion that waits. */
  noticed(): void {
    this.decideSoon();
  }

  /** For what notices and commits have missed. Rejects when the store does. */
  async sweep(): Promise<void> {
    this.decideSoon();
    await this.deciding;
  }

  private decideSoon(): void {
    this.again = true;
    this.deciding ??= this.decideUntilQuiet().finally(() => (this.deciding = null));
  }

  private async decideUntilQuiet(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        for (const { outcome } of await this.barrier.decide()) this.metrics.ingestionsTotal.inc({ outcome });
        this.pending = await this.barrier.pending();
      }
    } catch (error) {
      // The next sweep tries again.
      this.again = false;
      this.logger.warn({ reason: (error as Error).message }, 'ingestions could not be decided');
    }
  }
}

function passes(commit: Commit, need: Pending[number]['needs'][number]): boolean {
  if (need.topic !== commit.topic || need.partition !== commit.partition) return false;
  return need.nextOffset > commit.fromOffset && need.nextOffset <= commit.nextOffset;
}
