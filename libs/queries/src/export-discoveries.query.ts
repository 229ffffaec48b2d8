import type { NamedQuery, SqlReader } from '@harvest/read-models';
import { itemText } from './artifact-fragment';
import type { CursorSigner } from './cursor';
import { type DiscoveryOrder, discoveryConditions, shapeOf } from './discovery-conditions';
import { openDiscoveries, sealDiscoveries } from './discovery-cursor';
import { keysOfAll } from './discovery-keys';
import type { BuiltQuery } from './list-discoveries.query';
import type { DiscoveriesParameters } from './parse-discoveries-parameters';
import { SqlValues } from './sql-values';

interface ExportRow {
  readonly item: string;
  readonly sort_key: string | number;
  readonly artifact_id: string;
}

/** Items between two cursors, and rows in memory at once. */
export const EXPORT_BATCH_ROWS = 500;

/**
 * `GET /v1/discoveries/export`: NDJSON in the order of the list, of one snapshot, in constant memory. One item a line; after each
 * batch a line `{"nextCursor":"…"}` from which a broken export goes on; the very last line is `{"nextCursor":null,"items":n}`, so that
 * an export that was cut off is known by its absence. Rejects with `invalid-cursor` and the reader's errors.
 */
export async function* exportDiscoveries(reader: SqlReader, cursors: CursorSigner, asked: DiscoveriesParameters): AsyncIterable<Buffer> {
  const order = openDiscoveries(cursors, asked);
  const { query, values } = buildExportDiscoveries(order);
  let items = 0;
  for await (const batch of reader.stream(query, values, EXPORT_BATCH_ROWS)) {
    const rows = batch as unknown as readonly ExportRow[];
    const last = rows.at(-1);
    if (!last) continue;
    items += rows.length;
    const key = { value: BigInt(last.sort_key), artifactId: last.artifact_id };
    const cursor = sealDiscoveries(cursors, { ...asked, filter: order.filter }, key);
    yield Buffer.from(`${rows.map(({ item }) => item).join('\n')}\n{"nextCursor":"${cursor}"}\n`);
  }
  yield Buffer.from(`{"nextCursor":null,"items":${items}}\n`);
}

export function buildExportDiscoveries(order: DiscoveryOrder): Omit<BuiltQuery, 'options'> {
  const values = new SqlValues();
  const keys = keysOfAll(order, discoveryConditions(order, values));
  const query: NamedQuery = {
    name: `export-discoveries-${shapeOf(order)}`,
    dependsOn: ['artifacts', 'scores'],
    text: (schema) => `SELECT ${itemText('k', 'c.card')} AS item, k.sort_key, k.artifact_id
      FROM (${keys(schema)}) AS k
      CROSS JOIN LATERAL (SELECT a.card FROM ${schema}.artifact_card AS a WHERE a.artifact_id = k.artifact_id OFFSET 0) AS c
      ORDER BY k.sort_key DESC, k.artifact_id DESC`,
  };
  return { query, values: values.list };
}
