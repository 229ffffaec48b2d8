import type { TopicDelta, TopicMention } from '@harvest/read-models';
import { PUBLISHED_PRECISION_CODES } from '@harvest/read-models';
import type { Column } from './columns';
import type { MembershipTable } from './membership-table';
import type { SumTable } from './sum-table';

const KEY = 'COLLATE "C" NOT NULL';
const TOPIC_ID: Column<TopicMention> = { name: 'topic_id', type: 'text', declaration: KEY, valueOf: (row) => row.topicId };
const SPELLING: readonly Column<TopicMention>[] = [
  { name: 'name', type: 'text', declaration: KEY, valueOf: (row) => row.name },
  { name: 'taxonomy_path', type: 'text', declaration: KEY, valueOf: (row) => row.taxonomyPath },
];
const FIGURES: SumTable<TopicDelta>['figures'] = [
  { column: 'artifacts', member: 'artifacts' },
  { column: 'discoveries', member: 'discoveries' },
  { column: 'score_sum', member: 'scoreSum' },
];

export const TOPIC_TABLE: MembershipTable<TopicMention> = {
  name: 'artifact_topic',
  group: TOPIC_ID,
  details: [{ name: 'confidence', type: 'int4', declaration: 'NOT NULL', valueOf: (row) => row.confidence }, ...SPELLING],
  sums: [
    // Per spelling: the one that is shown is the smallest that still has artifacts.
    { name: 'topic_figures', key: [TOPIC_ID, ...SPELLING], figures: FIGURES },
    {
      name: 'topic_day',
      key: [
        TOPIC_ID,
        { name: 'day', type: 'int4', declaration: 'NOT NULL', valueOf: (row) => row.day },
        { name: 'precision', type: 'int2', declaration: 'NOT NULL', valueOf: (row) => PUBLISHED_PRECISION_CODES[row.precision] },
      ],
      figures: FIGURES,
    },
  ],
};
