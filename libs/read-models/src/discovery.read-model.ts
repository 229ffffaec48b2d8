import type { HalfGuard, TopicPosition } from './half-guard';

/** How exact `publishedMs` is. `first-seen`: no date known, the log's timestamp of the first observation in this life. */
export const PUBLISHED_PRECISION_CODES = { second: 0, day: 1, month: 2, year: 3, 'first-seen': 4 } as const;
export type PublishedPrecision = keyof typeof PUBLISHED_PRECISION_CODES;

/** Scores inside are integers × 10⁴, so that sums do not depend on the order of addition. */
export const SCORE_SCALE = 10_000;

/**
 * The artifact's narrow, hot row and its *subject row*: both halves' transactions lock it. One per artifact ever named by an
 * artifact or a score event; it stays after a retraction, with its guards.
 */
export interface DiscoveryRow {
  readonly artifactId: string;

  /** From the observed half; null while it is not alive. */
  readonly source: string | null;
  readonly artifactType: string | null;
  /** UTC milliseconds; the start of the period when the precision is coarser; null while not observed. */
  readonly publishedMs: number | null;
  readonly publishedPrecision: PublishedPrecision | null;
  /** The log's timestamp of the first observation in this life; null while not observed. */
  readonly firstSeenMs: number | null;

  /** From the score half, × 10⁴; null while there is no score. */
  readonly discoveryScore: number | null;
  readonly novelty: number | null;
  readonly emergence: number | null;
  readonly obscurity: number | null;
  readonly computedAtMs: number | null;
  readonly model: string | null;

  /**
   * The order under exponential decay, which does not change with time: round((ln(discoveryScore) + publishedMs / 336 h) · 10⁶),
   * `HOT_LAST` for a score of 0; null unless visible.
   */
  readonly hot: bigint | null;
  /** Observed and scored: a discovery. */
  readonly visible: boolean;

  readonly observed: HalfGuard;
  readonly classified: HalfGuard;
  readonly scored: HalfGuard;
  /** Null until a record of that topic has touched the row. */
  readonly artifactPosition: TopicPosition | null;
  readonly scorePosition: TopicPosition | null;
  /**
   * The 64-bit fingerprints of the last applied event of a half; null when the half was cleared or never written. An event with
   * an equal fingerprint changes nothing.
   */
  readonly observedFacts: bigint | null;
  readonly classifiedFacts: bigint | null;
  readonly scoreFacts: bigint | null;
}

export const HOT_SCALE = 1_000_000;
export const HOT_DECAY_MS = 336 * 3_600_000;
/** Sorts after every other. */
export const HOT_LAST = -(2n ** 62n);

export const DISCOVERY_READ_MODEL = { name: 'discovery', version: 1 } as const;
