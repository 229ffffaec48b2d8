import type { PublishedPrecision } from './discovery.read-model';

/** An observed artifact belongs to a topic, by its own words or by its classification. One row per topic and artifact. */
export interface ArtifactTopicRow {
  readonly topicId: string;
  readonly artifactId: string;
  /** The artifact's, so that a topic's artifacts are one range of the key. */
  readonly publishedMs: number;
  /** × 10⁴; of several mentions the highest. Without one, the artifact is taken at its word: 10⁴. */
  readonly confidence: number;
  /** As it was written there. */
  readonly name: string;
  /** '' when none was given. */
  readonly taxonomyPath: string;
}

/** What one artifact adds to a topic's figures, or a change of that. Rows are exact sums of contributions. */
export interface TopicDelta {
  readonly topicId: string;
  /** A topic that is known by its name only has figures per spelling: the name shown is the smallest that still has artifacts. */
  readonly name: string;
  readonly taxonomyPath: string;
  /** Whole UTC days since 1970-01-01 of the start of the period. */
  readonly day: number;
  readonly precision: PublishedPrecision;
  /** Observed artifacts. */
  readonly artifacts: number;
  /** Observed and scored ones. */
  readonly discoveries: number;
  /** The sum of the discoveries' scores, × 10⁴. */
  readonly scoreSum: number;
}

/** What changes when one artifact changes. */
export interface TopicChanges {
  readonly added: readonly ArtifactTopicRow[];
  readonly removed: readonly ArtifactTopicRow[];
  readonly deltas: readonly TopicDelta[];
}

export const TOPIC_READ_MODEL = { name: 'topic', version: 1 } as const;
