import type { NextOffset } from '@harvest/contracts';
import { withDeadline } from '@harvest/kernel';

/** kafkajs retries a refused commit for several seconds; nobody waits that long for a hint. */
const PATIENCE_MS = 2_000;

/** Tells the broker where we are: one request at a time, the newest position of each partition, failures ignored. */
export class CommitHints {
  private waiting = new Map<string, NextOffset>();
  private sending: Promise<void> | null = null;

  constructor(private readonly send: (positions: readonly NextOffset[]) => Promise<void>) {}

  /** Resolves when what was handed over has been sent or given up, or after 2 s. Never rejects: dashboards only. */
  commit(positions: readonly NextOffset[]): Promise<void> {
    for (const position of positions) this.waiting.set(`${position.topic}/${position.partition}`, position);
    this.sending ??= this.drain().finally(() => {
      this.sending = null;
    });
    return withDeadline(this.sending, PATIENCE_MS, 'committing').catch(() => undefined);
  }

  private async drain(): Promise<void> {
    while (this.waiting.size > 0) {
      const positions = [...this.waiting.values()];
      this.waiting = new Map();
      try {
        await this.send(positions);
      } catch {
        // A rebalance or an unreachable broker: the next commit carries newer positions anyway.
      }
    }
  }
}
