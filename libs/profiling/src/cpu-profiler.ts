import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Samples where this process spends its time, by V8's own profiler; that costs it a few percent meanwhile. */
export class CpuProfiler {
  private isRunning = false;
  private readonly ending = new AbortController();

  /** The text of a `.cpuprofile`. Null: one is being made already. Ends early, with what it has, when the profiler is closed. */
  profile(seconds: number): Promise<string> | null {
    if (this.isRunning) return null;
    this.isRunning = true;
    return this.run(seconds * 1000).finally(() => (this.isRunning = false));
  }

  close(): void {
    this.ending.abort();
  }

  private async run(durationMs: number): Promise<string> {
    const session = new Session();
    session.connect();
    try {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await delay(durationMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
      const { profile } = await session.post('Profiler.stop');
      return JSON.stringify(profile);
    } finally {
      session.disconnect();
    }
  }
}
