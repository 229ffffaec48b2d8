import type { EventType } from '../events/event-types';
import type { TopicFamily } from '../log/topics';

/** One sentence per type, for the generated documents. */
export const EVENT_DESCRIPTIONS: Readonly<Record<EventType, string>> = {
  'artifact.observed': 'An ingester saw an artifact. A missing field leaves what is known, an explicit null clears it.',
  'artifact.classified': 'A classifier judged an artifact. A missing field leaves what is known, an explicit null clears it.',
  'artifact.retracted': 'The artifact is taken back: all that its topic said of it is cleared.',
  'score.computed': 'An artifact was scored; one current score per artifact, each component 0–100.',
  'relationship.detected': 'A relation between two artifacts was found. The highest confidence since the last withdrawal wins.',
  'relationship.withdrawn': 'The relation no longer holds.',
  'entity.observed': 'An ingester saw a person, a lab or an organisation.',
  'entity.merged': 'Two entities are one; what belonged to `from` belongs to `into`.',
  'topic.described': 'A topic got its name and its place in the taxonomy.',
  'topic.similarity-computed': 'How similar a topic is to others; replaces what was computed before.',
  'topic.merged': 'Two topics are one; what belonged to `from` belongs to `into`.',
  'topic.split': 'A topic became several.',
  'ingestion.started': 'A run of an ingester began.',
  'ingestion.progressed': 'How many records of each type the run has written so far, whatever became of them.',
  'ingestion.completed':
    'The run ended. The manifest names the last offset written in every partition, so that completeness can be checked and not believed.',
  'ingestion.failed': 'The run ended early.',
};

export const TOPIC_DESCRIPTIONS: Readonly<Record<TopicFamily, string>> = {
  artifacts: 'What is known of artifacts. Keyed by artifact id; a null value is a tombstone.',
  scores: 'Scores of artifacts. Keyed by artifact id.',
  relationships: 'Relations between artifacts. Keyed by the source artifact id.',
  entities: 'People, labs and organisations. Keyed by entity id.',
  topics: 'Topics and how they relate. Keyed by topic id.',
  ingestions: 'Runs of ingesters. Keyed by ingestion id.',
};
