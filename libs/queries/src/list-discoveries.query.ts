import type { NamedQuery, QueryOptions, Snapshot, SqlReader, SqlValue } from '@harvest/read-models';
import { itemText } from './artifact-fragment';
import { assertTotalIsKept, totalText } from './count-discoveries.query';
import type { CursorSigner } from './cursor';
import { type DiscoveryOrder, discoveryConditions, planOf, shapeOf } from './discovery-conditions';
import { openDiscoveries, sealDiscoveries } from './discovery-cursor';
import { keyColumns, keysOfPage } from './discovery-keys';
import type { DiscoveriesParameters } from './parse-discoveries-parameters';
import { SqlValues } from './sql-values';
import { wrapped } from './wrapped';

/** An answer's bytes, and what was true in the snapshot they were read in. */
export interface Answered {
  readonly body: Buffer;
  readonly snapshot: Snapshot;
}

interface PageRow {
  readonly items: Buffer | null;
  readonly found: string;
  readonly last_key: string | null;
  readonly last_id: string | null;
  readonly total?: string;
}

export interface BuiltQuery {
  readonly query: NamedQuery;
  readonly values: readonly SqlValue[];
  readonly options: QueryOptions;
}

/**
 * `GET /v1/discoveries`: `{"items":[…],"nextCursor":…,"hasMore":…,"total":…}`, `total` only when asked for. The items are made in
 * Postgres; Node only wraps them. Rejects with `invalid-cursor`, `total-not-kept`, and with what the reader rejects with.
 */
export async function listDiscoveries(reader: SqlReader, cursors: CursorSigner, asked: DiscoveriesParameters): Promise<Answered> {
  const order = openDiscoveries(cursors, asked);
  const built = buildListDiscoveries(order, asked);
  const { rows, snapshot } = await reader.query(built.query, built.values, built.options);
  const page = rows[0] as unknown as PageRow;
  const hasMore = Number(page.found) > asked.limit;
  const last = { value: BigInt(page.last_key ?? 0), artifactId: page.last_id ?? '' };
  const next = hasMore ? sealDiscoveries(cursors, { ...asked, filter: order.filter }, last) : null;
  const total = page.total === undefined ? '' : `,"total":${page.total}`;
  const cursor = next === null ? 'null' : `"${next}"`;
  return { body: wrapped('{"items":[', page.items, `],"nextCursor":${cursor},"hasMore":${hasMore}${total}}`), snapshot };
}

export function buildListDiscoveries(order: DiscoveryOrder, page: { limit: number; total: boolean }): BuiltQuery {
  if (page.total) assertTotalIsKept(order.filter);
  const values = new SqlValues();
  const wanted = values.add(page.limit + 1, 'int4');
  const conditions = discoveryConditions(order, values);
  const keys = keysOfPage({ order, conditions, limit: wanted });
  const total = page.total ? totalText(order.filter, conditions, values) : null;
  const query: NamedQuery = {
    name: `list-discoveries-${shapeOf(order)}${page.total ? '-total' : ''}`,
    dependsOn: ['artifacts', 'scores'],
    bytes: ['items'],
    text: (schema) => pageText(schema, { keys: keys(schema), wanted, total: total?.(schema) ?? null }),
  };
  return { query, values: values.list, options: { plan: planOf(order, page.total) } };
}

/** `OFFSET 0` keeps the card's look-up a nested loop by primary key, one per item, whatever the planner thinks of the limit. */
function pageText(schema: string, { keys, wanted, total }: { keys: string; wanted: string; total: string | null }): string {
  const inPage = `FILTER (WHERE p.ordinal < ${wanted})`;
  const last = `FILTER (WHERE p.ordinal = ${wanted} - 1)`;
  return `SELECT string_agg(${itemText('p', 'c.card')}, ',' ORDER BY p.ordinal) ${inPage} AS items,
      count(*) AS found, max(p.sort_key) ${last} AS last_key, max(p.artifact_id) ${last} AS last_id${total === null ? '' : `, ${total} AS total`}
    FROM (SELECT ${keyColumns('k')}, row_number() OVER (ORDER BY k.sort_key DESC, k.artifact_id DESC) AS ordinal FROM (${keys}) AS k) AS p
    CROSS JOIN LATERAL (SELECT a.card FROM ${schema}.artifact_card AS a WHERE a.artifact_id = p.artifact_id OFFSET 0) AS c`;
}
