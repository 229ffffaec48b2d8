import type { NextOffset } from '@harvest/contracts';
import type { Correction } from './dead-letters.port';
import type { GenerationRef } from './projection-store.port';

/**
 * A row in canonical form: columns by name, snake_case; int8 as decimal string, smaller integers as number, booleans, text.
 * Positions, fact fingerprints and surrogate numbers are left out; JSON is text with keys sorted recursively.
 */
export type CanonicalRow = Readonly<Record<string, string | number | boolean | null>>;

/** The tables of a generation that hold content, in the order they are compared. */
export const CANONICAL_TABLES = {
  artifact_card: ['artifact_id'],
  discovery: ['artifact_id'],
  count_by_kind: ['source', 'artifact_type'],
  count_by_day: ['source', 'artifact_type', 'day', 'precision'],
  artifact_topic: ['topic_id', 'artifact_id'],
  topic_figures: ['topic_id', 'name', 'taxonomy_path'],
  topic_day: ['topic_id', 'day', 'precision'],
  artifact_entity: ['entity_id', 'artifact_id'],
  entity_figures: ['entity_id', 'name'],
  ingestion: ['ingestion_id'],
} as const satisfies Record<string, readonly string[]>;
export type CanonicalTable = keyof typeof CANONICAL_TABLES;

/** One REPEATABLE READ snapshot: its checkpoints and its rows agree by construction. */
export interface VerificationSnapshot {
  readonly positions: readonly (NextOffset & { readonly firstOffset: bigint })[];
  readonly corrections: readonly Correction[];
  /** Records that stand in dead letters or wait behind one: they are in no row. */
  readonly setAside: readonly { topic: string; partition: number; offset: bigint; kind: 'poison' | 'waiting'; code: string }[];
  /** Keys seen in two partitions: no replay can reproduce their order of arrival. */
  readonly conflictingKeys: readonly { topic: string; key: string }[];
  /** Ordered by the table's key (COLLATE "C"); all-zero count rows left out. */
  rows(table: CanonicalTable): AsyncIterable<readonly CanonicalRow[]>;
  close(): Promise<void>;
}

export interface VerificationStore {
  openSnapshot(generation: GenerationRef): Promise<VerificationSnapshot>;
  /** SHA-256 over the canonical rows of each table, and their number. */
  contentHashes(generation: GenerationRef): Promise<readonly { table: CanonicalTable; rows: number; hash: string }[]>;
}
