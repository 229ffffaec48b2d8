import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const NS_PER_MS = 1_000_000;

export interface EventLoopReport {
  /** What the figures are of: the time since they were last asked for, or since the process began. */
  readonly overMs: number;
  /** How late the event loop turned. */
  readonly delayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The share of the time in which it was busy, 0–1. */
  readonly utilization: number;
}

/** How late the event loop turns, sampled 50 times a second. */
export class EventLoopWatch {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private utilization = performance.eventLoopUtilization();
  private sinceMs = performance.now();

  constructor() {
    this.delays.enable();
  }

  /** Begins anew afterwards. */
  report(): EventLoopReport {
    const nowMs = performance.now();
    const now = performance.eventLoopUtilization();
    const report = {
      overMs: Math.round(nowMs - this.sinceMs),
      delayMs: { p50: lateMs(this.delays.percentile(50)), p99: lateMs(this.delays.percentile(99)), max: lateMs(this.delays.max) },
      utilization: Math.round(performance.eventLoopUtilization(now, this.utilization).utilization * 1000) / 1000,
    };
    this.delays.reset();
    this.utilization = now;
    this.sinceMs = nowMs;
    return report;
  }

  close(): void {
    this.delays.disable();
  }
}

/** The histogram holds the time from sample to sample, which is the resolution when nothing is late. */
function lateMs(sampleNs: number): number {
  return Math.max(0, Math.round((sampleNs / NS_PER_MS - RESOLUTION_MS) * 100) / 100);
}
