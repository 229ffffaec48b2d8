import { HarvestError } from '@harvest/kernel';
import type { NamedQuery, SqlReader } from '@harvest/read-models';
import { scoreMembers } from './artifact-fragment';
import type { Answered } from './list-discoveries.query';
import { isParkedText } from './parked-keys';

interface ArtifactRow {
  readonly item: string | null;
  readonly parked: boolean;
}

/** One observed artifact, scored or not: two look-ups by primary key. The query for an installation's topics. */
export function getArtifactQuery(topicPrefix: string): NamedQuery {
  return {
    name: 'get-artifact',
    dependsOn: ['artifacts', 'scores'],
    text: (schema) => `SELECT ${isParkedText(schema, topicPrefix, '$1::text')} AS parked, (
        SELECT '{' || c.card || ${scoreMembers('d')} || CASE WHEN c.detail = '' THEN '' ELSE ',' || c.detail END || '}'
        FROM ${schema}.discovery AS d JOIN ${schema}.artifact_card AS c ON c.artifact_id = d.artifact_id
        WHERE d.artifact_id = $1::text AND d.source IS NOT NULL) AS item`,
  };
}

/**
 * `GET /v1/artifacts/{id}`: the whole artifact; `"parked":true` at its end while its key waits behind a dead letter, so that it may
 * be older than its last event. Rejects with `artifact-unknown`, whose context says so too.
 */
export async function getArtifact(reader: SqlReader, query: NamedQuery, artifactId: string): Promise<Answered> {
  const { rows, snapshot } = await reader.query(query, [artifactId]);
  const { item, parked } = rows[0] as unknown as ArtifactRow;
  if (item === null) throw artifactUnknown(artifactId, parked);
  return { body: Buffer.from(parked ? `${item.slice(0, -1)},"parked":true}` : item), snapshot };
}

function artifactUnknown(artifactId: string, parked: boolean): HarvestError {
  const why = parked ? 'its events wait behind a dead letter' : 'no event of it has been projected, or it was retracted';
  return new HarvestError({
    code: 'artifact-unknown',
    message: `there is no artifact "${artifactId.slice(0, 200)}": ${why}`,
    context: { artifactId, parked },
  });
}
