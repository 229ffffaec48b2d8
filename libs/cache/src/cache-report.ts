import type { CacheFigures } from '@harvest/observability';
import { CACHE_SCOPES, type CacheScope } from '@harvest/read-models';
import type { Served } from './answer-cache';
import { type CacheStatistics, ratio, type ScopeStatistics } from './cache-statistics';
import type { FirstTier } from './first-tier';
import type { Refills } from './refills';
import type { SecondTier, SecondTierStats } from './second-tier';

/** What a process knows of its own freshness, for health. */
export interface CacheFreshness {
  /** False: everything comes from Postgres. */
  readonly vouching: boolean;
  readonly polledAgeMs: number | null;
  readonly generation: number | null;
  readonly counters: Readonly<Record<string, string>>;
  readonly feedConnected: boolean;
}

interface TierTotals {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
  readonly hitRate: number | null;
}

interface FirstTierFigures {
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly evictions: number;
  /** Answers not kept because the tier was full of what lives, and nobody had asked for them before. */
  readonly turnedAway: number;
}

/** What operators see of the cache; all figures since the process began, of the one instance that serves its traffic. */
export interface CacheReport {
  readonly requests: number;
  /** Served without a load, of those not bypassed. */
  readonly hitRate: number | null;
  readonly bypassed: number;
  readonly l1: TierTotals & FirstTierFigures;
  /** Null without Redis. `entries` and `bytes` are the whole server's; null when it does not answer. */
  readonly l2: (TierTotals & SecondTierStats & { readonly entries: number | null; readonly bytes: number | null }) | null;
  readonly scopes: Readonly<Record<CacheScope, ScopeStatistics & { readonly entries: number; readonly bytes: number }>>;
  /** Requests that joined a refill already under way. */
  readonly stampedesAvoided: number;
  readonly refills: { readonly running: number; readonly limit: number; readonly refused: number; readonly failedBehindStale: number };
  /** Refills that ended after their counter had moved, and were kept nowhere. */
  readonly lateRefills: number;
  /** Moves that only the poll told of. */
  readonly lostNoticesRepaired: number;
  readonly breaker: 'closed' | 'open' | 'absent';
  readonly freshness: CacheFreshness;
}

export interface ReportParts {
  readonly first: FirstTier;
  readonly second: SecondTier | null;
  readonly refills: Refills<Served>;
  readonly statistics: CacheStatistics;
  readonly secondSize: { keys: number; bytes: number } | null;
  readonly freshness: CacheFreshness;
}

export function reportOf(parts: ReportParts): CacheReport {
  const { statistics, refills } = parts;
  const misses = statistics.total('miss');
  const served = statistics.total('hit-l1') + statistics.total('stale') + statistics.total('hit-l2');
  return {
    requests: served + misses + statistics.total('bypass'),
    hitRate: ratio(served, served + misses),
    bypassed: statistics.total('bypass'),
    l1: firstReport(parts),
    l2: secondReport(parts),
    scopes: scopeReports(parts),
    stampedesAvoided: refills.joined,
    refills: { running: refills.running, limit: refills.limit, refused: refills.refused, failedBehindStale: statistics.backgroundFailures },
    lateRefills: statistics.lateRefills,
    lostNoticesRepaired: statistics.lostNotices,
    breaker: parts.second?.stats().breaker ?? 'absent',
    freshness: parts.freshness,
  };
}

/** Hits are what was served without a load, by either tier. */
export function figuresOf(statistics: CacheStatistics, first: FirstTier, active: number): CacheFigures {
  const hits = statistics.total('hit-l1') + statistics.total('stale') + statistics.total('hit-l2');
  const misses = statistics.total('miss');
  const rate = ratio(hits, hits + misses);
  return {
    entries: first.size(),
    active,
    hits,
    misses,
    hitRate: rate === null ? null : Math.round(rate * 10_000) / 100,
    bytes: first.bytes(),
  };
}

function firstReport({ statistics, first }: ReportParts): CacheReport['l1'] {
  const hits = statistics.total('hit-l1') + statistics.total('stale');
  const passedOn = statistics.total('hit-l2') + statistics.total('miss');
  const { maxBytes, evictions, turnedAway } = first;
  return { ...totals(hits, passedOn), entries: first.size(), bytes: first.bytes(), maxBytes, evictions, turnedAway };
}

function secondReport({ second, secondSize }: ReportParts): CacheReport['l2'] {
  if (!second) return null;
  const stats = second.stats();
  const figures = totals(stats.hits, stats.misses + stats.unavailable);
  return { ...stats, ...figures, entries: secondSize?.keys ?? null, bytes: secondSize?.bytes ?? null };
}

function scopeReports({ statistics, first }: ReportParts): CacheReport['scopes'] {
  const report = (scope: CacheScope) => ({ ...statistics.of(scope), ...first.sizeOf(scope) });
  return Object.fromEntries(CACHE_SCOPES.map((scope) => [scope, report(scope)])) as CacheReport['scopes'];
}

function totals(hits: number, misses: number): TierTotals {
  return { requests: hits + misses, hits, misses, hitRate: ratio(hits, hits + misses) };
}
