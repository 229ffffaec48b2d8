/** What an operator may ask of the answer cache. Implemented by `cache`. */
export interface CacheOperations {
  stats(): object | Promise<object>;
  /** The scopes that a pattern names (`*` stands for any text); says what became of them. */
  invalidate(pattern: string): Promise<object>;
  /** Drops every answer of this process and moves all counters, so that other processes drop theirs. */
  clear(): Promise<object>;
  /** Drops what can no longer be served. */
  cleanup(): object | Promise<object>;
}
export const CACHE_OPERATIONS = Symbol('CacheOperations');

export interface PoolStats {
  readonly pool: string;
  readonly size: number;
  readonly checkedOut: number;
  readonly overflow: number;
  readonly total: number;
  readonly waiting: number;
}

/** The connection pools of the process. */
export interface PoolOperations {
  stats(): readonly PoolStats[];
}
export const POOL_OPERATIONS = Symbol('PoolOperations');
export const METRICS = Symbol('HarvestMetrics');
