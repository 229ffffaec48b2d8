/** What a process keeps of answers, since it began. */
export interface CacheFigures {
  readonly entries: number;
  /** Of the entries, those that may still be served. */
  readonly active: number;
  readonly hits: number;
  readonly misses: number;
  /** Percent; null before the first question. */
  readonly hitRate: number | null;
  readonly bytes: number;
}

export interface PoolFigures {
  readonly size: number;
  readonly checkedOut: number;
  readonly overflow: number;
  readonly total: number;
}

/** Where the figures of `/health/performance` come from; registered beside the health checks. Both answer at once and never throw. */
export interface PerformanceSource {
  /** The check that asks the database; its detail has `latencyMs`. */
  readonly databaseCheck: string;
  /** Of the connections for reads. */
  pool(): PoolFigures;
  /** Null: this process keeps no cache. */
  cache(): CacheFigures | null;
}
