import type { z } from 'zod';
import type { TopicFamily } from '../log/topics';
import * as payloads from './payloads';

interface EventTypeSpec {
  readonly family: TopicFamily;
  readonly schema: z.ZodType;
  /** The payload field that must equal the subject and the Kafka key. */
  readonly subjectField: string;
}

/** Every type this product knows, without the `harvester.` prefix and the version. */
export const EVENT_TYPES = {
  'artifact.observed': { family: 'artifacts', schema: payloads.artifactObservedSchema, subjectField: 'artifactId' },
  'artifact.classified': { family: 'artifacts', schema: payloads.artifactClassifiedSchema, subjectField: 'artifactId' },
  'artifact.retracted': { family: 'artifacts', schema: payloads.artifactRetractedSchema, subjectField: 'artifactId' },
  'score.computed': { family: 'scores', schema: payloads.scoreComputedSchema, subjectField: 'artifactId' },
  'relationship.detected': { family: 'relationships', schema: payloads.relationshipDetectedSchema, subjectField: 'source' },
  'relationship.withdrawn': { family: 'relationships', schema: payloads.relationshipWithdrawnSchema, subjectField: 'source' },
  'entity.observed': { family: 'entities', schema: payloads.entityObservedSchema, subjectField: 'entityId' },
  'entity.merged': { family: 'entities', schema: payloads.entityMergedSchema, subjectField: 'from' },
  'topic.described': { family: 'topics', schema: payloads.topicDescribedSchema, subjectField: 'topicId' },
  'topic.similarity-computed': { family: 'topics', schema: payloads.topicSimilarityComputedSchema, subjectField: 'topicId' },
  'topic.merged': { family: 'topics', schema: payloads.topicMergedSchema, subjectField: 'from' },
  'topic.split': { family: 'topics', schema: payloads.topicSplitSchema, subjectField: 'from' },
  'ingestion.started': { family: 'ingestions', schema: payloads.ingestionStartedSchema, subjectField: 'ingestionId' },
  'ingestion.progressed': { family: 'ingestions', schema: payloads.ingestionProgressedSchema, subjectField: 'ingestionId' },
  'ingestion.completed': { family: 'ingestions', schema: payloads.ingestionCompletedSchema, subjectField: 'ingestionId' },
  'ingestion.failed': { family: 'ingestions', schema: payloads.ingestionFailedSchema, subjectField: 'ingestionId' },
} as const satisfies Record<string, EventTypeSpec>;

export type EventType = keyof typeof EVENT_TYPES;

export type PayloadOf<T extends EventType> = z.infer<(typeof EVENT_TYPES)[T]['schema']>;
