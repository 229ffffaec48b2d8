import type { NextOffset } from '@harvest/contracts';
import type { CanonicalRow } from './canonical';

/** Tables in the order they are compared, with the columns of their keys. Positions, fingerprints and surrogates are not content. */
export const TABLES = {
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
export type Table = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as readonly Table[];

/** Checkpoints and rows that belong together: what the log is held against. */
export interface SnapshotToVerify {
  readonly positions: readonly (NextOffset & { readonly firstOffset: bigint })[];
  /** `value` null: every reader skips that record. */
  readonly corrections: readonly { topic: string; partition: number; offset: bigint; value: Buffer | null }[];
  /** Records that stand in dead letters or wait behind one: they are in no row. */
  readonly setAside: readonly { topic: string; partition: number; offset: bigint; kind: 'poison' | 'waiting' }[];
  /** Keys seen in two partitions: no replay can reproduce their order of arrival. */
  readonly conflictingKeys: readonly { topic: string; key: string }[];
  rows(table: Table): AsyncIterable<readonly CanonicalRow[]>;
}
