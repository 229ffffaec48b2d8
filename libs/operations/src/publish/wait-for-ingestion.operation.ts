import type { Clock } from '@harvest/kernel';
import { HarvestError } from '@harvest/kernel';
import type { IngestionOutcome } from '@harvest/read-models';
import type { IngestionHistory } from '../ports/ingestion-history.port';

export interface WaitReceipt {
  readonly outcome: IngestionOutcome;
  readonly detail: unknown;
  /** From the call to the answer. */
  readonly waitedMs: number;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;

/** Returns when the barrier has decided an ingestion: everything of it is in the answers, or it is known what is not. */
export class WaitForIngestionOperation {
  constructor(
    private readonly history: IngestionHistory,
    private readonly clock: Clock,
  ) {}

  /** @throws `wait-timeout` (retriable), what the history rejects with, the signal's reason. */
  async run(ingestionId: string, timeoutMs: number, signal?: AbortSignal): Promise<WaitReceipt> {
    const startedMs = this.clock.nowMs();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
      const status = await this.history.find(ingestionId);
      const waitedMs = this.clock.nowMs() - startedMs;
      if (status?.outcome != null) return { outcome: status.outcome, detail: status.detail, waitedMs };
      if (waitedMs >= timeoutMs) throw timedOut(ingestionId, status?.state ?? null, timeoutMs);
      await this.clock.sleep(pauseMs, signal);
    }
  }
}

function timedOut(ingestionId: string, state: string | null, timeoutMs: number): HarvestError {
  const standing = state === null ? 'nothing of it has been projected yet; does a projector run?' : `it is ${state} and not decided yet`;
  return new HarvestError({
    code: 'wait-timeout',
    retriable: true,
    message: `${ingestionId} was not complete within ${Math.round(timeoutMs / 1000)} s: ${standing}`,
  });
}
