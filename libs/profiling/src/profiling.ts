import type { DynamicModule } from '@nestjs/common';
import type { Logger, QueryListener } from '@harvest/observability';
import { CpuProfiler } from './cpu-profiler';
import { EventLoopWatch } from './event-loop-watch';
import { HeapSnapshots } from './heap-snapshots';
import type { Profilers } from './profiling.controller';
import { ProfilingModule } from './profiling.module';
import { SlowQueryLog } from './slow-queries/slow-query-log';

export interface ProfilingOptions {
  /** Threshold 0: no read is slow. Path null: slow reads are kept in memory only. */
  readonly slowQueries: { readonly thresholdMs: number; readonly path: string | null };
  readonly logger: Logger;
}

/** One for a process. */
export interface Profiling {
  /** For the store. */
  readonly onQuery: QueryListener;
  /** For the operators' listener: `/profiling/*`. */
  readonly module: DynamicModule;
  /** Ends a profile under way with what it has, and writes what waits; within 1 s. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** From here on the event loop is watched; everything else costs nothing until it is asked for. */
export function createProfiling({ slowQueries, logger }: ProfilingOptions): Profiling {
  const profilers: Profilers = {
    slowQueries: new SlowQueryLog({ ...slowQueries, logger }),
    cpu: new CpuProfiler(),
    heap: new HeapSnapshots(),
    eventLoop: new EventLoopWatch(),
  };
  return {
    onQuery: profilers.slowQueries.record,
    module: ProfilingModule.register(profilers),
    close: async () => {
      profilers.cpu.close();
      profilers.heap.close();
      profilers.eventLoop.close();
      await profilers.slowQueries.close();
    },
  };
}
