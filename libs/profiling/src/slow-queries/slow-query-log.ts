import type { Logger, ObservedQuery } from '@harvest/observability';
import { RotatingFile } from './rotating-file';

/** One line of the log. It has no values of parameters. */
export interface SlowQuery {
  /** When it ended, ISO 8601 UTC. */
  readonly at: string;
  readonly query: string;
  readonly tookMs: number;
  /** Of that, until a connection was there; null: none ever was. */
  readonly waitedMs: number | null;
  /** Null when it failed. */
  readonly rows: number | null;
  readonly generation: number | null;
  /** Only of one that failed: its code. */
  readonly failure?: string;
}

export interface SlowQueryLogOptions {
  /** 0: nothing is slow. */
  readonly thresholdMs: number;
  /** Null: kept in memory only. */
  readonly path: string | null;
  readonly logger: Logger;
  /** Default 10 MB in each of 5 files. */
  readonly maxBytes?: number;
  readonly files?: number;
}

/** How many are kept in memory. */
export const KEPT = 200;
const MAX_BYTES = 10 * 1024 * 1024;
const FILES = 5;

/** Reads that took too long: the newest in memory, all of them in a file if there is one. */
export class SlowQueryLog {
  private readonly kept: SlowQuery[] = [];
  private readonly file: RotatingFile | null;

  constructor(private readonly options: SlowQueryLogOptions) {
    const { path, logger, maxBytes = MAX_BYTES, files = FILES } = options;
    const onFault = (error: unknown) =>
      logger.warn(
        { err: error },
        `slow reads cannot be written to HARVEST_SLOW_QUERY_LOG: give it a file in a folder this process may write`,
      );
    this.file = path === null ? null : new RotatingFile({ path, maxBytes, files, onFault });
  }

  /** Returns at once and never throws. */
  readonly record = (observed: ObservedQuery): void => {
    const { thresholdMs } = this.options;
    if (thresholdMs === 0 || observed.tookMs < thresholdMs) return;
    const slow = toSlowQuery(observed);
    this.kept.push(slow);
    if (this.kept.length > KEPT) this.kept.shift();
    this.file?.append(JSON.stringify(slow));
  };

  /** The newest first; at most 200 are known. */
  latest(limit: number): readonly SlowQuery[] {
    return this.kept.slice(-limit).toReversed();
  }

  report(limit: number) {
    const { thresholdMs, path } = this.options;
    return { thresholdMs, log: path, droppedLines: this.file?.dropped ?? 0, queries: this.latest(limit) };
  }

  /** Writes what waits, within 1 s. Never rejects. */
  async close(): Promise<void> {
    await this.file?.close();
  }
}

function toSlowQuery({ query, tookMs, waitedMs, rows, generation, failure }: ObservedQuery): SlowQuery {
  return {
    at: new Date().toISOString(),
    query,
    tookMs: tenths(tookMs),
    waitedMs: waitedMs === null ? null : tenths(waitedMs),
    rows,
    generation,
    ...(failure === null ? {} : { failure }),
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
