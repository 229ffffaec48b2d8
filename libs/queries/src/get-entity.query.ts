import type { EntityView } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import { ENTITY_ROLES, type EntityRole, type NamedQuery, type SqlReader } from '@harvest/read-models';
import type { Answered } from './list-discoveries.query';
import { meanOf } from './topic-view';

interface EntityRow {
  readonly artifacts: string | null;
  readonly discoveries: string;
  readonly score_sum: string;
  /** JSON. */
  readonly spellings: string;
  readonly roles: string;
}

const ROLES = Object.entries(ENTITY_ROLES) as [EntityRole, number][];

const GET_ENTITY: NamedQuery = {
  name: 'get-entity',
  dependsOn: ['artifacts', 'scores'],
  text: (
    schema,
  ) => `SELECT sum(f.artifacts)::int8 AS artifacts, sum(f.discoveries)::int8 AS discoveries, sum(f.score_sum)::int8 AS score_sum,
      json_agg(json_build_object('name', f.name, 'artifacts', f.artifacts) ORDER BY f.artifacts DESC, f.name)::text AS spellings,
      (SELECT json_build_object(${ROLES.map(([role, bit]) => `'${role}', count(*) FILTER (WHERE m.roles & ${bit} <> 0)`).join(', ')})::text
        FROM ${schema}.artifact_entity AS m WHERE m.entity_id = $1::text) AS roles
    FROM ${schema}.entity_figures AS f WHERE f.entity_id = $1::text AND f.artifacts > 0`,
};

/** `GET /v1/entities/{id}`. Rejects with `entity-unknown` where no observed artifact names it. */
export async function getEntity(reader: SqlReader, entityId: string): Promise<Answered> {
  const { rows, snapshot } = await reader.query(GET_ENTITY, [entityId]);
  const row = rows[0] as unknown as EntityRow;
  if (row.artifacts === null) throw entityUnknown(entityId);
  return { body: Buffer.from(JSON.stringify(entityView(entityId, row))), snapshot };
}

/** Shown by the smallest spelling that still has artifacts, until somebody describes it. */
function entityView(entityId: string, row: EntityRow): EntityView {
  const spellings = JSON.parse(row.spellings) as EntityView['spellings'];
  const [name = ''] = spellings
    .map((spelling) => spelling.name)
    .sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const meanScore = meanOf(row.score_sum, row.discoveries);
  const figures = { artifacts: Number(row.artifacts), discoveries: Number(row.discoveries), ...(meanScore !== null && { meanScore }) };
  return { entityId, name, ...figures, roles: JSON.parse(row.roles) as EntityView['roles'], spellings };
}

function entityUnknown(entityId: string): HarvestError {
  return new HarvestError({
    code: 'entity-unknown',
    message: `there is no entity "${entityId.slice(0, 200)}": no observed artifact names it. One that is known by its name only has the id "name:" and the name in lower case`,
    context: { entityId },
  });
}
