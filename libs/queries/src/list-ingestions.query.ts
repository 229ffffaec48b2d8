import type { NamedQuery, SqlReader } from '@harvest/read-models';
import type { CursorSigner } from './cursor';
import { INGESTION_COLUMNS, type IngestionRecord, ingestionsWithOutcome, ingestionView } from './ingestion-view';
import type { Answered } from './list-discoveries.query';
import type { IngestionsParameters } from './parse-ingestions-parameters';

const ORDER = 'ORDER BY i.started_ms DESC NULLS LAST, i.ingestion_id DESC';

/** Newest start first; those whose start is unknown come last. A page's last row decides in which of the two parts it goes on. */
const SHAPES: Record<'first' | 'started' | 'unstarted', string> = {
  first: 'true',
  started: '(i.started_ms < $2::int8 OR (i.started_ms = $2::int8 AND i.ingestion_id < $3::text) OR i.started_ms IS NULL)',
  unstarted: 'i.started_ms IS NULL AND i.ingestion_id < $2::text',
};

/** A key of one part is an id whose start is unknown. */
const SHAPES_BY_KEY_LENGTH = ['first', 'unstarted', 'started'] as const;
const QUESTION = 'ingestions';

function listIngestionsQuery(shape: keyof typeof SHAPES): NamedQuery {
  return {
    name: `list-ingestions-${shape}`,
    dependsOn: ['ingestions'],
    text: (schema) => `SELECT ${INGESTION_COLUMNS} FROM ${ingestionsWithOutcome(schema)} WHERE ${SHAPES[shape]} ${ORDER} LIMIT $1::int4`,
  };
}

/** `GET /v1/ingestions`: `{"items":[…],"nextCursor":…,"hasMore":…}`. Rejects with `invalid-cursor`. */
export async function listIngestions(reader: SqlReader, cursors: CursorSigner, asked: IngestionsParameters): Promise<Answered> {
  const key = asked.cursor === null ? [] : cursors.open(QUESTION, asked.cursor).filter((part) => part !== null);
  const query = listIngestionsQuery(SHAPES_BY_KEY_LENGTH[key.length] ?? 'first');
  const { rows, snapshot } = await reader.query(query, [asked.limit + 1, ...key]);
  const page = rows.slice(0, asked.limit) as unknown as readonly IngestionRecord[];
  const last = page.at(-1);
  const hasMore = rows.length > asked.limit;
  const nextCursor = hasMore && last ? cursors.seal(QUESTION, [last.started_ms, last.ingestion_id]) : null;
  return { body: Buffer.from(JSON.stringify({ items: page.map(ingestionView), nextCursor, hasMore })), snapshot };
}
