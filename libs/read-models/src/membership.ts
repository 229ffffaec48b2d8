import type { PublishedPrecision } from './discovery.read-model';

/**
 * In UTF-16 units: at most 510 bytes. Three such texts fit into one index entry (2,704 bytes); a longer one would make an artifact
 * impossible to store.
 */
export const MAX_NAME_LENGTH = 170;

/** That an observed artifact belongs to something: to a topic, to an entity. One row per group and artifact. */
export interface Membership {
  readonly artifactId: string;
  /** The artifact's, so that a group's artifacts are one range of the key. */
  readonly publishedMs: number;
}

/** What one artifact adds to the figures of a group, or a change of that. Rows are exact sums of contributions. */
export interface Contribution {
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

/** What changes when one artifact changes. `M`: how the artifact names the group. */
export interface MembershipChanges<M> {
  readonly added: readonly (M & Membership)[];
  readonly removed: readonly (M & Membership)[];
  readonly deltas: readonly (M & Contribution)[];
}
