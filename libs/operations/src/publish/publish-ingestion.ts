import type { AppendedRecord, EventType, LogAdmin, LogAppender, Manifest, RecordToAppend } from '@harvest/contracts';
import { EVENT_TYPES, topicName } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import type { ProgressSink } from '../ports/progress-sink.port';
import { appendWithRetry } from './append-with-retry';
import { inBatches } from './batches';
import { ingestionRecord } from './ingestion-records';
import { ManifestBuilder } from './manifest-builder';
import { OrderedAppender } from './ordered-appender';

/** One event of an ingestion, ready for the log. */
export interface IngestionItem {
  readonly type: EventType;
  readonly record: RecordToAppend;
}

export interface IngestionPlan {
  readonly ingestionId: string;
  /** Where the facts come from: `file:name`, `simulate`. */
  readonly source: string;
  readonly topicPrefix: string;
  /** How many records there will be, when that is known. */
  readonly expected: number | null;
  /** The same items in the same order whenever this ingestion is run. */
  readonly items: AsyncIterable<IngestionItem> | Iterable<IngestionItem>;
  /** What a run that was killed had reported as written; null: from the start. */
  readonly writtenBefore: Readonly<Record<string, number>> | null;
}

export interface IngestionReceipt {
  readonly ingestionId: string;
  /** Records written per type, those of the killed run included. */
  readonly counts: Readonly<Record<string, number>>;
  /** By this run. */
  readonly recordsWritten: number;
  readonly manifest: Manifest;
  readonly completed: AppendedRecord;
  readonly durationMs: number;
}

export interface PublishTuning {
  readonly batchRecords: number;
  readonly maxInFlight: number;
  /** How often `ingestion.progressed` says how far it is; a killed run goes on from the last one. */
  readonly progressEveryRecords: number;
  readonly retryForMs: number;
}
export const DEFAULT_TUNING: PublishTuning = { batchRecords: 1000, maxInFlight: 4, progressEveryRecords: 10_000, retryForMs: 60_000 };

/**
 * Writes one ingestion: `started`, the records, `progressed` now and then, `completed` with its manifest; `failed` when the source
 * of the items throws. Killed at any moment and run again with what it had reported, the log holds every record at least once,
 * in order per key, and one completion that covers all of them.
 */
export class IngestionPublisher {
  constructor(
    private readonly log: LogAppender & LogAdmin,
    private readonly clock: Clock,
    private readonly progress: ProgressSink,
    private readonly tuning: PublishTuning = DEFAULT_TUNING,
  ) {}

  /** @throws what the log or the items reject with. */
  async publish(plan: IngestionPlan): Promise<IngestionReceipt> {
    const startedMs = this.clock.nowMs();
    const run = new IngestionRun(plan);
    await run.coverEarlierRun(this.log);
    await this.report(ingestionRecord(plan, 'ingestion.started', { source: plan.source, expected: plan.expected }));
    this.progress.started({ name: 'publishing', unit: 'records', total: plan.expected, doneBefore: run.total });
    try {
      await this.writeItems(plan, run);
    } catch (error) {
      await this.reportFailure(plan, error);
      throw error;
    } finally {
      this.progress.finished();
    }
    const { counts, manifest } = run;
    const ending = { source: plan.source, counts, manifest: manifest.build() };
    const completed = await this.report(ingestionRecord(plan, 'ingestion.completed', ending));
    return {
      ingestionId: plan.ingestionId,
      counts,
      recordsWritten: run.written,
      manifest: manifest.build(),
      completed,
      durationMs: this.clock.nowMs() - startedMs,
    };
  }

  private async writeItems(plan: IngestionPlan, run: IngestionRun): Promise<void> {
    const { batchRecords, maxInFlight, retryForMs, progressEveryRecords } = this.tuning;
    const options = { maxInFlight, retryForMs, backoff: { firstMs: 100, maxMs: 5000 } };
    const appender = new OrderedAppender<IngestionItem>(this.log, this.clock, options, (batch, positions) => {
      run.acknowledge(batch, positions);
      this.progress.advanced(run.total);
    });
    let reported = run.total;
    for await (const batch of inBatches(run.rest(plan.items), batchRecords)) {
      await appender.append(batch);
      if (run.total - reported < progressEveryRecords) continue;
      reported = run.total;
      await this.report(ingestionRecord(plan, 'ingestion.progressed', { counts: { ...run.counts } }));
    }
    await appender.drain();
  }

  private report(record: RecordToAppend): Promise<AppendedRecord> {
    return appendWithRetry(this.log, record, { clock: this.clock, retryForMs: this.tuning.retryForMs });
  }

  /** Best effort: the log may be what failed. */
  private async reportFailure(plan: IngestionPlan, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const failed = ingestionRecord(plan, 'ingestion.failed', { error: reason.slice(0, 2000) });
    await this.log.append([failed]).catch(() => this.progress.noted(`the failure itself could not be published: ${reason}`));
  }
}

/** What one run has written, on top of what an earlier one had. */
class IngestionRun {
  readonly counts: Record<string, number>;
  readonly manifest = new ManifestBuilder();
  written = 0;
  private readonly before: number;

  constructor(private readonly plan: IngestionPlan) {
    this.counts = { ...plan.writtenBefore };
    this.before = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  get total(): number {
    return this.before + this.written;
  }

  /** The killed run may have written more than it reported, and its positions are not known. */
  async coverEarlierRun(log: LogAdmin): Promise<void> {
    if (this.plan.writtenBefore === null) return;
    const families = new Set(Object.values(EVENT_TYPES).map(({ family }) => family));
    families.delete('ingestions');
    const topics = [...families].map((family) => topicName(this.plan.topicPrefix, family));
    await this.manifest.noteEnds(log, topics);
  }

  async *rest(items: IngestionPlan['items']): AsyncGenerator<IngestionItem> {
    let index = 0;
    for await (const item of items) {
      if (index >= this.before) yield item;
      index += 1;
    }
  }

  acknowledge(batch: readonly IngestionItem[], positions: readonly AppendedRecord[]): void {
    for (const { type } of batch) this.counts[type] = (this.counts[type] ?? 0) + 1;
    for (const position of positions) this.manifest.note(position);
    this.written += batch.length;
  }
}
