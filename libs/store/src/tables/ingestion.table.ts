import type { Manifest } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import type { IngestionRow, IngestionState } from '@harvest/read-models';
import { assignments, columnList, declareColumns, unnestColumns, type Column } from './columns';
import { packGuards, unpackGuard } from './half-guards';

const json = (value: unknown) => (value === null ? null : JSON.stringify(value));

export const INGESTION_COLUMNS: readonly Column<IngestionRow>[] = [
  { name: 'expected', type: 'int8', valueOf: (row) => row.expected },
  { name: 'started_ms', type: 'int8', valueOf: (row) => row.startedMs },
  { name: 'progressed_ms', type: 'int8', valueOf: (row) => row.progressedMs },
  { name: 'ended_ms', type: 'int8', valueOf: (row) => row.endedMs },
  { name: 'started_floor', type: 'int8', valueOf: (row) => row.started.floor },
  { name: 'progressed_floor', type: 'int8', valueOf: (row) => row.progressed.floor },
  { name: 'completed_floor', type: 'int8', valueOf: (row) => row.completed.floor },
  { name: 'failed_floor', type: 'int8', valueOf: (row) => row.failed.floor },
  { name: 'log_offset', type: 'int8', valueOf: (row) => row.position?.offset ?? null },
  { name: 'completed_offset', type: 'int8', valueOf: (row) => row.completedPosition?.offset ?? null },
  { name: 'log_partition', type: 'int4', valueOf: (row) => row.position?.partition ?? null },
  { name: 'completed_partition', type: 'int4', valueOf: (row) => row.completedPosition?.partition ?? null },
  {
    name: 'guards',
    type: 'int2',
    declaration: 'NOT NULL',
    valueOf: (row) => packGuards([row.started, row.progressed, row.completed, row.failed]),
  },
  {
    name: 'ingestion_id',
    type: 'text',
    declaration: 'COLLATE "C" NOT NULL CONSTRAINT ingestion_pkey PRIMARY KEY',
    valueOf: (row) => row.ingestionId,
  },
  { name: 'state', type: 'text', declaration: 'NOT NULL', valueOf: (row) => row.state },
  { name: 'source', type: 'text', valueOf: (row) => row.source },
  { name: 'counts', type: 'text', valueOf: (row) => json(row.counts) },
  { name: 'manifest', type: 'text', valueOf: (row) => json(row.manifest) },
  { name: 'error', type: 'text', valueOf: (row) => row.error },
];

const WRITABLE = INGESTION_COLUMNS.filter((column) => column.name !== 'ingestion_id');
const AT = Object.fromEntries(INGESTION_COLUMNS.map((column, index) => [column.name, index]));
const SAME_COMPLETION = `(i.completed_partition, i.completed_offset) IS NOT DISTINCT FROM (batch.completed_partition, batch.completed_offset)`;

/**
 * `undecided_since_ms`: since when (Postgres's clock) a completion waits for its barrier; null when there is none or it has been
 * decided. It belongs to the barrier, not to the content.
 */
export function createIngestionTable(schema: string): readonly string[] {
  return [
    `CREATE TABLE ${schema}.ingestion (\n  ${declareColumns(INGESTION_COLUMNS)},\n  undecided_since_ms int8\n) WITH (fillfactor = 70)`,
    `CREATE INDEX ingestion_undecided_idx ON ${schema}.ingestion (ingestion_id) WHERE undecided_since_ms IS NOT NULL`,
    `CREATE INDEX ingestion_started_idx ON ${schema}.ingestion (started_ms DESC NULLS LAST, ingestion_id DESC)`,
  ];
}

const NOW_MS = `(extract(epoch FROM clock_timestamp()) * 1000)::int8`;

export function ingestionStatements(schema: string) {
  const table = `${schema}.ingestion`;
  return {
    insertFresh: `INSERT INTO ${table} (${columnList(INGESTION_COLUMNS)}, undecided_since_ms)
      SELECT ${columnList(INGESTION_COLUMNS, 'batch.')}, CASE WHEN batch.completed_offset IS NOT NULL THEN ${NOW_MS} END
      FROM ${unnestColumns(INGESTION_COLUMNS)}
      ORDER BY batch.ingestion_id COLLATE "C" ON CONFLICT (ingestion_id) DO NOTHING RETURNING ingestion_id`,
    lockKnown: `SELECT batch.ordinal::int4 - 1 AS ordinal, ${columnList(INGESTION_COLUMNS, 'i.')}
      FROM unnest($1::text[]) WITH ORDINALITY AS batch (ingestion_id, ordinal)
      JOIN ${table} AS i ON i.ingestion_id = batch.ingestion_id
      WHERE i.xmin <> pg_current_xact_id()::xid ORDER BY i.ingestion_id FOR UPDATE OF i`,
    update: `UPDATE ${table} AS i SET ${assignments(WRITABLE, 'batch')},
        undecided_since_ms = CASE WHEN batch.completed_offset IS NULL THEN NULL
          WHEN ${SAME_COMPLETION} THEN i.undecided_since_ms ELSE ${NOW_MS} END
      FROM ${unnestColumns(INGESTION_COLUMNS)} WHERE i.ingestion_id = batch.ingestion_id`,
  };
}

/** A row of texts as they are on the wire, in the order of `INGESTION_COLUMNS`, from `first` on. */
export function decodeIngestion(row: readonly unknown[], first: number): IngestionRow {
  const text = (name: string) => row[first + AT[name]!] as string | null;
  const number = (name: string) => (text(name) === null ? null : Number(row[first + AT[name]!]));
  const guards = number('guards')!;
  const parsed = (name: string): unknown => JSON.parse(text(name) ?? 'null');
  const position = (partition: number | null, offset: string | null) =>
    partition === null || offset === null ? null : { partition, offset: toOffset(offset) };
  return {
    ingestionId: text('ingestion_id')!,
    state: text('state') as IngestionState,
    source: text('source'),
    expected: number('expected'),
    counts: parsed('counts') as Record<string, number> | null,
    manifest: parsed('manifest') as Manifest | null,
    error: text('error'),
    startedMs: number('started_ms'),
    progressedMs: number('progressed_ms'),
    endedMs: number('ended_ms'),
    started: unpackGuard(guards, 0, text('started_floor')),
    progressed: unpackGuard(guards, 1, text('progressed_floor')),
    completed: unpackGuard(guards, 2, text('completed_floor')),
    failed: unpackGuard(guards, 3, text('failed_floor')),
    position: position(number('log_partition'), text('log_offset')),
    completedPosition: position(number('completed_partition'), text('completed_offset')),
  };
}
