import type { CheckResult, HealthRegistry } from './health-registry';
import type { CacheFigures, PoolFigures } from './performance.port';

/** Without a source there is nothing but the status. */
export interface PerformanceReport {
  readonly status: 'ok' | 'error';
  /** What answering this took. */
  readonly responseTimeMs: number;
  readonly cache: CacheFigures | null;
  readonly database: DatabaseFigures | null;
}

interface DatabaseFigures {
  readonly status: 'up' | 'down';
  /** Null while it is down. */
  readonly latencyMs: number | null;
  readonly pool: PoolFigures;
}

/** How this process performs: `error` while its database is silent. Never rejects; within the deadline of the database's check. */
export async function reportPerformance(registry: HealthRegistry): Promise<PerformanceReport> {
  const began = performance.now();
  const source = registry.performanceSource();
  const check = source && (await registry.only(source.databaseCheck));
  return {
    status: check?.up === false ? 'error' : 'ok',
    responseTimeMs: Math.round((performance.now() - began) * 100) / 100,
    cache: source?.cache() ?? null,
    database: source && check ? databaseOf(check, source.pool()) : null,
  };
}

function databaseOf({ up, detail }: CheckResult, { size, checkedOut, overflow, total }: PoolFigures): DatabaseFigures {
  const { latencyMs } = detail;
  return {
    status: up ? 'up' : 'down',
    latencyMs: typeof latencyMs === 'number' ? latencyMs : null,
    pool: { size, checkedOut, overflow, total },
  };
}
