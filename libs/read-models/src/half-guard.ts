import type { Offset } from '@harvest/kernel';

/**
 * What a half (what one event type writes of one subject) remembers of who won. 2-events "Order" has the rules.
 * Positions are compared only within one partition; the checkpoint already keeps them ascending.
 */
export interface HalfGuard {
  /** The half holds facts (it has been written and not been cleared since). */
  readonly alive: boolean;
  /** An event of this half has once carried a sequence: events without one no longer count. */
  readonly sequenced: boolean;
  /** The highest sequence seen in this half, retractions included; null: none. */
  readonly floor: bigint | null;
}

export const NEW_HALF: HalfGuard = { alive: false, sequenced: false, floor: null };

/** Where a subject's events of one topic came from; a second partition for the same key breaks the contract. */
export interface TopicPosition {
  readonly partition: number;
  readonly offset: Offset;
}
