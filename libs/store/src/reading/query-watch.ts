import { isHarvestError } from '@harvest/kernel';
import type { QueryListener } from '@harvest/observability';
import type { SqlRows } from '@harvest/read-models';

/** Times one named read for whoever listens; costs nothing when nobody does. */
export class QueryWatch {
  private readonly beganMs: number;
  private waitedMs: number | null = null;
  private generation: number | null = null;

  constructor(
    private readonly query: string,
    private readonly listener: QueryListener | undefined,
  ) {
    this.beganMs = listener ? performance.now() : 0;
  }

  /** Its turn has come. A read that runs again on another generation waited until its first turn. */
  connected(generation: number): void {
    if (!this.listener) return;
    this.generation = generation;
    this.waitedMs ??= performance.now() - this.beganMs;
  }

  ended(answer: SqlRows): SqlRows {
    this.generation = answer.snapshot.freshness.generation;
    this.tell(answer.rows.length, null);
    return answer;
  }

  failed(error: unknown): unknown {
    this.tell(null, isHarvestError(error) ? error.code : 'internal');
    return error;
  }

  private tell(rows: number | null, failure: string | null): void {
    const { query, waitedMs, generation } = this;
    this.listener?.({ query, tookMs: performance.now() - this.beganMs, waitedMs, rows, generation, failure });
  }
}
