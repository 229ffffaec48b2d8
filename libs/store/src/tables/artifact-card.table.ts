import type { ArtifactCardRow } from '@harvest/read-models';
import { assignments, columnList, declareColumns, unnestColumns, type Column } from './columns';

export const ARTIFACT_CARD_COLUMNS: readonly Column<ArtifactCardRow>[] = [
  {
    name: 'artifact_id',
    type: 'text',
    declaration: 'COLLATE "C" NOT NULL CONSTRAINT artifact_card_pkey PRIMARY KEY',
    valueOf: (row) => row.artifactId,
  },
  { name: 'card', type: 'text', declaration: 'NOT NULL', valueOf: (row) => row.card },
  { name: 'detail', type: 'text', declaration: 'NOT NULL', valueOf: (row) => row.detail },
  { name: 'topics', type: 'text', declaration: 'NOT NULL', valueOf: (row) => row.topics },
  { name: 'entities', type: 'text', declaration: 'NOT NULL', valueOf: (row) => row.entities },
];

export function createArtifactCardTable(schema: string): readonly string[] {
  return [`CREATE TABLE ${schema}.artifact_card (\n  ${declareColumns(ARTIFACT_CARD_COLUMNS)}\n) WITH (fillfactor = 90)`];
}

/** A card rides under the lock of its discovery row: no lock of its own, and no order to keep. */
export function artifactCardStatements(schema: string) {
  const table = `${schema}.artifact_card`;
  return {
    read: `SELECT batch.ordinal::int4 - 1 AS ordinal, c.topics, c.entities, c.card, c.detail
      FROM unnest($1::text[]) WITH ORDINALITY AS batch (artifact_id, ordinal)
      JOIN ${table} AS c ON c.artifact_id = batch.artifact_id`,
    /** Of those that belong to anything. */
    readBelongings: `SELECT batch.ordinal::int4 - 1 AS ordinal, c.topics, c.entities
      FROM unnest($1::text[]) WITH ORDINALITY AS batch (artifact_id, ordinal)
      JOIN ${table} AS c ON c.artifact_id = batch.artifact_id WHERE c.topics <> '' OR c.entities <> ''`,
    insert: `INSERT INTO ${table} (${columnList(ARTIFACT_CARD_COLUMNS)})
      SELECT ${columnList(ARTIFACT_CARD_COLUMNS, 'batch.')} FROM ${unnestColumns(ARTIFACT_CARD_COLUMNS)}`,
    upsert: `INSERT INTO ${table} AS c (${columnList(ARTIFACT_CARD_COLUMNS)})
      SELECT ${columnList(ARTIFACT_CARD_COLUMNS, 'batch.')} FROM ${unnestColumns(ARTIFACT_CARD_COLUMNS)}
      ON CONFLICT (artifact_id) DO UPDATE SET ${assignments(ARTIFACT_CARD_COLUMNS.slice(1), 'excluded')}`,
    delete: `DELETE FROM ${table} AS c USING unnest($1::text[]) AS batch (artifact_id) WHERE c.artifact_id = batch.artifact_id`,
  };
}
