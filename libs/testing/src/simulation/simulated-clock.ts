import type { Clock } from '@harvest/kernel';

/** Time that passes only when told to. */
export class SimulatedClock implements Clock {
  private now = 1_700_000_000_000;
  private readonly sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const sleeper = { dueMs: this.now + ms, wake: resolve };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', () => {
        if (this.sleepers.delete(sleeper)) reject(signal.reason as Error);
      });
    });
  }

  advance(ms: number): void {
    this.now += ms;
    for (const sleeper of this.sleepers) {
      if (sleeper.dueMs > this.now) continue;
      this.sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
