import type { NamedQuery, SqlReader } from '@harvest/read-models';
import { itemText } from './artifact-fragment';
import type { Answered } from './list-discoveries.query';
import { isParkedText } from './parked-keys';
import { wrapped } from './wrapped';

interface LookupRow {
  readonly items: Buffer | null;
  readonly missing: string | null;
}

export function lookupArtifactsQuery(topicPrefix: string): NamedQuery {
  return {
    name: 'lookup-artifacts',
    dependsOn: ['artifacts', 'scores'],
    bytes: ['items'],
    text: (schema) => `SELECT string_agg(found.item, ',' ORDER BY asked.ordinal) AS items,
        json_agg(asked.artifact_id ORDER BY asked.ordinal) FILTER (WHERE found.item IS NULL)::text AS missing
      FROM unnest($1::text[]) WITH ORDINALITY AS asked (artifact_id, ordinal)
      LEFT JOIN LATERAL (SELECT ${itemText('d', 'c.card', parkedMember(schema, topicPrefix))} AS item
        FROM ${schema}.discovery AS d JOIN ${schema}.artifact_card AS c ON c.artifact_id = d.artifact_id
        WHERE d.artifact_id = asked.artifact_id AND d.source IS NOT NULL OFFSET 0) AS found ON true`,
  };
}

function parkedMember(schema: string, topicPrefix: string): string {
  return `CASE WHEN ${isParkedText(schema, topicPrefix, 'd.artifact_id')} THEN ',"parked":true' ELSE '' END`;
}

/**
 * `POST /v1/artifacts/lookup`: `{"items":[…],"missing":[…]}`. Items as in lists, scored or not, in the order asked for, with
 * `"parked":true` while their later events wait behind a dead letter; `missing` names the ids that are not known.
 */
export async function lookupArtifacts(reader: SqlReader, query: NamedQuery, ids: readonly string[]): Promise<Answered> {
  const { rows, snapshot } = await reader.query(query, [ids]);
  const { items, missing } = rows[0] as unknown as LookupRow;
  return { body: wrapped('{"items":[', items, `],"missing":${missing ?? '[]'}}`), snapshot };
}
