export const TOPIC_FAMILIES = ['artifacts', 'scores', 'relationships', 'entities', 'topics', 'ingestions'] as const;
export type TopicFamily = (typeof TOPIC_FAMILIES)[number];

export const DEFAULT_TOPIC_PREFIX = 'signals.';
export const DEFAULT_PARTITIONS = 12;

/** `signals.artifacts.v1` */
export function topicName(prefix: string, family: TopicFamily | 'dead-letters'): string {
  return `${prefix}${family}.v1`;
}

/** All topics that carry events, dead letters not among them. */
export function eventTopics(prefix: string): readonly string[] {
  return TOPIC_FAMILIES.map((family) => topicName(prefix, family));
}

/** The family that a topic's name stands for, or null when it is none of ours. */
export function familyOf(prefix: string, topic: string): TopicFamily | null {
  return TOPIC_FAMILIES.find((family) => topicName(prefix, family) === topic) ?? null;
}
