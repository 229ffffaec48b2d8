import type { DeadLetterToStore } from '@harvest/read-models';
import { encodeHeaders } from '../encoding/headers';
import { ingestionIdOf } from '../encoding/ingestion-id';
import type { Statement } from '../connection/write-transaction';
import { columnList, unnestColumns, type Column } from './columns';

export interface StoredDeadLetter extends DeadLetterToStore {
  readonly generation: number;
  readonly topic: string;
  readonly partition: number;
}

/** Postgres's text takes neither NUL nor lone surrogates; words about bad bytes may quote both. */
const printable = (text: string) => text.replaceAll('\u0000', '\uFFFD').toWellFormed();

export const DEAD_LETTER_COLUMNS: readonly Column<StoredDeadLetter>[] = [
  { name: 'generation', type: 'int4', valueOf: (row) => row.generation },
  { name: 'topic', type: 'text', valueOf: (row) => row.topic },
  { name: 'partition', type: 'int4', valueOf: (row) => row.partition },
  { name: 'log_offset', type: 'int8', valueOf: (row) => row.offset },
  { name: 'kind', type: 'text', valueOf: (row) => row.kind },
  { name: 'key', type: 'bytea', valueOf: (row) => row.key },
  { name: 'value', type: 'bytea', valueOf: (row) => row.value },
  { name: 'headers', type: 'bytea', valueOf: (row) => encodeHeaders(row.headers) },
  { name: 'timestamp_ms', type: 'int8', valueOf: (row) => row.timestampMs },
  { name: 'code', type: 'text', valueOf: (row) => printable(row.code) },
  { name: 'path', type: 'text', valueOf: (row) => printable(row.path) },
  { name: 'reason', type: 'text', valueOf: (row) => printable(row.reason) },
  { name: 'projection', type: 'text', valueOf: (row) => printable(row.projection) },
  { name: 'ingestion_id', type: 'text', valueOf: (row) => ingestionIdOf(row) },
];

export const SET_ASIDE_STATEMENTS = {
  insertDeadLetters: {
    name: 'dead_letter_insert',
    text: `INSERT INTO harvest.dead_letter (${columnList(DEAD_LETTER_COLUMNS)})
      SELECT ${columnList(DEAD_LETTER_COLUMNS, 'batch.')} FROM ${unnestColumns(DEAD_LETTER_COLUMNS)}
      ORDER BY batch.log_offset ON CONFLICT ON CONSTRAINT dead_letter_position_key DO NOTHING`,
  },
  /** Which of these keys are parked. Read after the fence. */
  findParked: {
    name: 'parked_key_find',
    text: `SELECT p.key FROM unnest($4::bytea[]) AS batch (key)
      JOIN harvest.parked_key AS p ON p.generation = $1 AND p.topic = $2 AND p.partition = $3 AND p.key = batch.key`,
  },
  findSkipped: {
    name: 'correction_find_skipped',
    text: `SELECT log_offset FROM harvest.correction
      WHERE topic = $1 AND partition = $2 AND log_offset = ANY ($3::int8[]) AND value IS NULL`,
  },
  /** Parks keys and keeps the checkpoint's number of them exact; answers that number. */
  park: {
    name: 'parked_key_insert',
    text: `WITH added AS (
        INSERT INTO harvest.parked_key (generation, topic, partition, key)
        SELECT $1::int4, $2::text, $3::int4, batch.key FROM unnest($4::bytea[]) AS batch (key) ON CONFLICT DO NOTHING RETURNING 1)
      UPDATE harvest.checkpoint SET parked_keys = parked_keys + (SELECT count(*) FROM added)
      WHERE generation = $1 AND topic = $2 AND partition = $3 RETURNING parked_keys`,
  },
  insertKeyConflicts: {
    name: 'key_conflict_insert',
    text: `INSERT INTO harvest.key_conflict (generation, topic, key)
      SELECT $1::int4, $2::text, batch.key FROM unnest($3::text[]) AS batch (key) ORDER BY batch.key COLLATE "C" ON CONFLICT DO NOTHING`,
  },
} as const satisfies Record<string, Statement>;
