import type { TopicFamily } from '@harvest/contracts';
import type { FreshnessState } from './freshness.port';

/** A named query of `queries`: its text is built once per generation's schema. */
export interface NamedQuery {
  /** Unique, kebab-case; the statement's name is `<name>_g<generation>`. */
  readonly name: string;
  /** The topics whose events the answer is made of: its position and staleness are theirs. */
  readonly dependsOn: readonly TopicFamily[];
  /** Columns of text that come as the UTF-8 bytes they are (a `Buffer`, or null): long ones that only pass through. */
  readonly bytes?: readonly string[];
  /** `schema`: of the generation that answers, e.g. `read_1`; the house's own tables are in `harvest`. */
  text(schema: string): string;
}

export interface QueryOptions {
  readonly timeoutMs?: number;
  /**
   * `generic`: prepared once per connection. `custom`: planned for these very values (a range on one column ordered by another).
   */
  readonly plan?: 'generic' | 'custom';
}

export type SqlValue = string | number | bigint | boolean | Buffer | null | readonly string[] | readonly number[];
/** int8 and numeric as strings, text as string (or as bytes, where the query wants them), bool as boolean, json parsed by nobody. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Reads of the active generation. Rejects with `store-unreachable`, `store-timeout`, `pool-exhausted` (all retriable). */
export interface SqlReader {
  /**
   * Runs on the generation the pointer names *in the same snapshot*; when the pointer has moved in between, runs again on the
   * new one. The position, the counters and the staleness of that snapshot come with the rows.
   */
  query(query: NamedQuery, values: readonly SqlValue[], options?: QueryOptions): Promise<SqlRows>;
  /** Rows in constant memory, one snapshot from first to last. */
  stream(query: NamedQuery, values: readonly SqlValue[], batchRows: number): AsyncIterable<readonly SqlRow[]>;
}

export interface SqlRows {
  readonly rows: readonly SqlRow[];
  readonly snapshot: Snapshot;
}

/** What was true in the snapshot that the rows were read in. */
export interface Snapshot {
  readonly freshness: FreshnessState;
  /** Next offsets of the partitions of the topics that the query depends on. */
  readonly positions: readonly { readonly topic: string; readonly partition: number; readonly nextOffset: bigint }[];
  /** How far behind the log the answer may be, by Postgres's clock; null: some partition was never sampled. */
  readonly stalenessMs: number | null;
}
