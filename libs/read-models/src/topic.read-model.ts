import type { Contribution, Membership, MembershipChanges } from './membership';

/** A topic that an observed artifact names, by its own words or by its classification. */
export interface TopicMention {
  readonly topicId: string;
  /**
   * As it was written there. A topic that is known by its name only has figures per spelling: the name shown is the smallest that still has
   * artifacts.
   */
  readonly name: string;
  /** '' when none was given. */
  readonly taxonomyPath: string;
  /** × 10⁴; of several mentions the highest. Without one, the artifact is taken at its word: 10⁴. */
  readonly confidence: number;
}

export type ArtifactTopicRow = TopicMention & Membership;
export type TopicDelta = TopicMention & Contribution;
export type TopicChanges = MembershipChanges<TopicMention>;

export const TOPIC_READ_MODEL = { name: 'topic', version: 1 } as const;
