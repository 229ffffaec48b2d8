import type { EntityMention } from '@harvest/read-models';
import type { Column } from './columns';
import type { MembershipTable } from './membership-table';

const KEY = 'COLLATE "C" NOT NULL';
const ENTITY_ID: Column<EntityMention> = { name: 'entity_id', type: 'text', declaration: KEY, valueOf: (row) => row.entityId };
const NAME: Column<EntityMention> = { name: 'name', type: 'text', declaration: KEY, valueOf: (row) => row.name };

export const ENTITY_TABLE: MembershipTable<EntityMention> = {
  name: 'artifact_entity',
  group: ENTITY_ID,
  details: [{ name: 'roles', type: 'int2', declaration: 'NOT NULL', valueOf: (row) => row.roles }, NAME],
  sums: [
    {
      name: 'entity_figures',
      // Per spelling, as those of topics.
      key: [ENTITY_ID, NAME],
      figures: [
        { column: 'artifacts', member: 'artifacts' },
        { column: 'discoveries', member: 'discoveries' },
        { column: 'score_sum', member: 'scoreSum' },
      ],
    },
  ],
};
