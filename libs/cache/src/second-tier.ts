import type { CachedAnswer } from '@harvest/read-models';
import type { CacheVersion } from './freshness-view';

export interface LookUp {
  readonly version: CacheVersion;
  /** Canonical, without scope and version. */
  readonly key: string;
}

export type Found =
  | { readonly kind: 'found'; readonly answer: CachedAnswer }
  /** Nobody in the fleet makes this answer: we do. `token` gives the lease back. */
  | { readonly kind: 'leased'; readonly token: string }
  /** Another process makes it; look again shortly. */
  | { readonly kind: 'busy' }
  /** The tier does not answer, or may not be asked: a miss. */
  | { readonly kind: 'unavailable' };

export interface SecondTierStats {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly unavailable: number;
  readonly errors: number;
  readonly stored: number;
  /** Writes refused because the tier knows a newer counter. */
  readonly refused: number;
  readonly breaker: 'closed' | 'open';
}

/** The fleet's tier. No method rejects, and none takes longer than one command's timeout. */
export interface SecondTier {
  findOrLease(lookUp: LookUp): Promise<Found>;
  /** Keeps the answer under its own version, unless the tier knows a newer counter; gives the lease back. */
  store(lookUp: LookUp, kept: { answer: CachedAnswer; ttlMs: number; token: string | null }): Promise<void>;
  release(lookUp: LookUp, token: string): Promise<void>;
  /** Compare-and-max: idempotent, in any order. */
  tell(version: CacheVersion): Promise<void>;
  stats(): SecondTierStats;
  /** Keys and bytes that the server holds, for people; null when it does not answer. */
  size(): Promise<{ keys: number; bytes: number } | null>;
  start(): void;
  stop(): Promise<void>;
}
