import type { Clock } from '@harvest/kernel';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** Time stands still until `advance`. */
export class ManualClock implements Clock {
  private sleepers: Sleeper[] = [];

  constructor(private ms = 1_000_000) {}

  nowMs(): number {
    return this.ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      this.sleepers.push({ untilMs: this.ms + ms, wake: resolve });
    });
  }

  /** Wakes whoever's time has come, then lets their work run until it waits again. */
  async advance(ms: number): Promise<void> {
    this.ms += ms;
    const due = this.sleepers.filter((sleeper) => sleeper.untilMs <= this.ms);
    this.sleepers = this.sleepers.filter((sleeper) => sleeper.untilMs > this.ms);
    for (const sleeper of due) sleeper.wake();
    await settled();
  }
}

/** Lets everything run that waits for nothing but its turn. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
