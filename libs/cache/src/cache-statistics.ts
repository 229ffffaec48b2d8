import { CACHE_SCOPES, type CacheScope, type CacheVerdict } from '@harvest/read-models';
import type { HarvestMetrics } from '@harvest/observability';

type Verdicts = Record<CacheVerdict, number>;

export interface ScopeStatistics extends Verdicts {
  readonly requests: number;
  /** Served without a load, of those that were not bypassed; null before the first. */
  readonly hitRate: number | null;
}

const NO_VERDICTS: Verdicts = { 'hit-l1': 0, 'hit-l2': 0, stale: 0, miss: 0, bypass: 0 };

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

/** How each request of each scope ended; the same figures go to the metrics. */
export class CacheStatistics {
  private readonly verdicts = new Map<CacheScope, Verdicts>(CACHE_SCOPES.map((scope) => [scope, { ...NO_VERDICTS }]));
  private readonly counters = new Map<CacheScope, Record<CacheVerdict, { inc(): void }>>();
  lateRefills = 0;
  lostNotices = 0;
  backgroundFailures = 0;

  constructor(metrics: HarvestMetrics) {
    for (const scope of CACHE_SCOPES) {
      const hits = (tier: string) => metrics.cacheHitsTotal.labels({ tier, scope });
      const misses = metrics.cacheMissesTotal.labels({ scope });
      this.counters.set(scope, {
        'hit-l1': metrics.tallies.of(hits('l1')),
        'hit-l2': hits('l2'),
        stale: hits('stale'),
        miss: misses,
        bypass: misses,
      });
    }
  }

  count(scope: CacheScope, verdict: CacheVerdict): void {
    const verdicts = this.verdicts.get(scope);
    if (verdicts) verdicts[verdict] += 1;
    this.counters.get(scope)?.[verdict].inc();
  }

  of(scope: CacheScope): ScopeStatistics {
    const verdicts = this.verdicts.get(scope) ?? NO_VERDICTS;
    const served = verdicts['hit-l1'] + verdicts['hit-l2'] + verdicts.stale;
    return { ...verdicts, requests: served + verdicts.miss + verdicts.bypass, hitRate: ratio(served, served + verdicts.miss) };
  }

  total(verdict: CacheVerdict): number {
    return CACHE_SCOPES.reduce((sum, scope) => sum + (this.verdicts.get(scope)?.[verdict] ?? 0), 0);
  }
}
