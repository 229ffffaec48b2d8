import type { DeadLetterFilter, DeadLetterStore, RedrivePlanner } from '@harvest/read-models';
import type { ProgressSink } from '../ports/progress-sink.port';

export interface RedriveReport {
  readonly keys: number;
  /** Keys whose queue is empty now: their later events run on. */
  readonly released: number;
  readonly drained: number;
  /** Records that still wait, behind one that is still poison. */
  readonly remaining: number;
}

/** Feeds parked keys through today's decoder, each key in order and in one transaction, up to what is still poison. */
export class RedriveOperation {
  constructor(
    private readonly letters: Pick<DeadLetterStore, 'parkedKeys' | 'redriveKey'>,
    private readonly planner: RedrivePlanner,
    private readonly progress: ProgressSink,
  ) {}

  /** @throws what the store rejects with; keys before it are done. */
  async run(filter: DeadLetterFilter, maxKeys: number): Promise<RedriveReport> {
    const keys = await this.letters.parkedKeys(filter, maxKeys);
    this.progress.started({ name: 'redriving', unit: 'keys', total: keys.length, doneBefore: 0 });
    const report = { keys: 0, released: 0, drained: 0, remaining: 0 };
    for (const key of keys) {
      const { drained, remaining } = await this.letters.redriveKey(key, this.planner);
      report.keys += 1;
      report.drained += drained;
      report.remaining += remaining;
      if (remaining === 0) report.released += 1;
      this.progress.advanced(report.keys);
    }
    this.progress.finished();
    return report;
  }
}
