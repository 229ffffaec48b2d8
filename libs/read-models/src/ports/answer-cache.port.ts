import type { CacheScope } from './freshness.port';

/** Final bytes of an answer, with what is needed to serve them again. */
export interface CachedAnswer {
  readonly body: Buffer;
  /** Strong, quoted. */
  readonly etag: string;
  /** The value of `X-Position`. */
  readonly position: string;
  /** Staleness of the data when it was read, in ms; the age of the entry is added when it is served. */
  readonly stalenessMs: number;
  /** Monotonic-free: Postgres is not asked; ms of this process when it was filled or fetched from the second tier. */
  readonly storedMs: number;
}

export type CacheVerdict = 'hit-l1' | 'hit-l2' | 'stale' | 'miss' | 'bypass';

/** What a loader returns: the answer, and the generation and counter that stood in the same snapshot as its rows. */
export interface LoadedAnswer {
  readonly answer: CachedAnswer;
  readonly generation: number;
  readonly counterEpoch: string;
  readonly counterValue: bigint;
}

export interface AnswerRequest {
  readonly scope: CacheScope;
  /** Canonical: path and normalised parameters, so no two scopes share one. The cache adds generation and counter. */
  readonly key: string;
  /** True when a slightly old answer (the previous counter's) may be served while one refill runs. */
  readonly staleWhileRevalidate: boolean;
  readonly bypass: boolean;
}

/**
 * Two tiers; Redis can neither slow nor fail a read. Rejects with what `load` rejects with, or with `refill-limit`
 * (retriable: 503 + Retry-After) when too many refills run.
 */
export interface AnswerCache {
  /** Synchronous first tier, for the hot path: null when a load (or L2) is needed. */
  peek(request: AnswerRequest): CachedAnswer | null;
  get(request: AnswerRequest, load: () => Promise<LoadedAnswer>): Promise<{ answer: CachedAnswer; verdict: CacheVerdict }>;
}
