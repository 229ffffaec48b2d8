import { TOPIC_READ_MODEL } from '@harvest/read-models';
import type { TopicChanges } from '@harvest/read-models';
import type { ProjectionDefinition } from './definition';
import { type Belonging, membershipChanges } from './memberships';
import { parseTopics } from './topic-mentions';

/**
 * Memberships of observed artifacts in topics, and the topics' figures, in all and per day of publication. A topic is known by its name
 * until somebody describes it.
 */
export const topicV1 = {
  ...TOPIC_READ_MODEL,
  handles: ['artifact.observed', 'artifact.classified', 'artifact.retracted', 'score.computed', 'tombstone'],
  evolve: (before: Belonging | null, after: Belonging): TopicChanges => membershipChanges(parseTopics, before, after),
} as const satisfies ProjectionDefinition & { evolve: unknown };
