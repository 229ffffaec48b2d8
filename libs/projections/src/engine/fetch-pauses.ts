import type { LogConsumer, TopicPartition } from '@harvest/contracts';

export type PauseReason = 'full' | 'trouble' | 'halted';

/** Fetching of a partition stands still while there is any reason for it. */
export class FetchPauses {
  private readonly reasons = new Set<PauseReason>();

  constructor(
    private readonly consumer: Pick<LogConsumer, 'pause' | 'resume'>,
    private readonly place: TopicPartition,
  ) {}

  set(reason: PauseReason, on: boolean): void {
    const wasPaused = this.any();
    if (on) this.reasons.add(reason);
    else this.reasons.delete(reason);
    if (wasPaused === this.any()) return;
    if (wasPaused) this.consumer.resume(this.place);
    else this.consumer.pause(this.place);
  }

  /** A new assignment begins with fetching on. */
  reset(): void {
    this.reasons.clear();
  }

  has(reason: PauseReason): boolean {
    return this.reasons.has(reason);
  }

  any(): boolean {
    return this.reasons.size > 0;
  }
}
