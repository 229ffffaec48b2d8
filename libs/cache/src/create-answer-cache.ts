import { type Clock, systemClock } from '@harvest/kernel';
import type { CacheFigures, HarvestMetrics, Logger } from '@harvest/observability';
import type { AnswerCache, CacheScope, ChangeFeed, CounterStore } from '@harvest/read-models';
import { type Served, TieredAnswerCache } from './answer-cache';
import { type CacheFreshness, type CacheReport, figuresOf, reportOf } from './cache-report';
import { CacheStatistics } from './cache-statistics';
import { type Entry, FirstTier } from './first-tier';
import { FreshnessKeeper } from './freshness-keeper';
import { FreshnessView } from './freshness-view';
import { RedisLink } from './redis-link';
import { RedisTier } from './redis-tier';
import { Refills } from './refills';
import { scopesMatching } from './scopes';
import type { SecondTier } from './second-tier';

type PerScope = Readonly<Record<CacheScope, number>>;

export interface AnswerCacheOptions {
  /** Null: the process's own tier only. */
  readonly redisUrl: string | null;
  readonly counters: CounterStore;
  readonly changes: ChangeFeed;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
  readonly clock?: Clock;
  /** How old an answer of a scope may grow while events flow, ms; 0: the scope is not cached. Default 1,000 each. */
  readonly maxStaleMs?: Partial<PerScope>;
  /** A backstop only. Default 60,000 each. */
  readonly ttlMs?: Partial<PerScope>;
  /** Default 32 MB. */
  readonly l1MaxBytes?: number;
  /** Default 64. */
  readonly maxConcurrentRefills?: number;
  /** What a command to Redis may take. Default 50. */
  readonly commandTimeoutMs?: number;
  /** How often counters are polled. Default 1,000. */
  readonly pollMs?: number;
  /** How long after the last answered poll this process still vouches for its counters. Default 2,000. */
  readonly vouchMs?: number;
  readonly keyPrefix?: string;
  /** Postgres's clock, for timing the barrier: it is compared with what the notice says, never with this machine's clock. */
  readonly postgresNowMs?: () => Promise<number>;
}

export interface ManagedAnswerCache extends AnswerCache {
  /** Subscribes, polls once, connects to Redis in the background. Never rejects: what is missing is a bypass or a miss. Idempotent. */
  start(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
  stats(): Promise<CacheReport>;
  /** Of this process's own tier, for health: at once, without asking Redis. Walks all entries. */
  figures(): CacheFigures;
  /**
   * Moves the counters of the scopes that the pattern names (`*` stands for any text): what they answered is dead in every
   * process at once. Rejects with `scope-unknown`, or with what the counter store rejects with.
   */
  invalidate(pattern: string): Promise<{ scopes: readonly CacheScope[] }>;
  /** Invalidates every scope and empties this process's tier. */
  clear(): Promise<{ scopes: readonly CacheScope[]; removedEntries: number }>;
  /** Frees what can never be served again in this process; Redis's own goes by its TTL. */
  cleanup(): { removedEntries: number; freedBytes: number };
  freshness(): CacheFreshness;
}

const DEFAULTS = { l1MaxBytes: 32 * 1024 * 1024, maxConcurrentRefills: 64, commandTimeoutMs: 50, pollMs: 1000, vouchMs: 2000 };
const PING_MS = 500;
const LEASE_MS = 2000;
const LEASE_WAIT_MS = 200;
const LEASE_RETRY_MS = 10;

/** @param secondTier replaces Redis, for tests of the races only. */
export function createAnswerCache(options: AnswerCacheOptions, secondTier: SecondTier | null = null): ManagedAnswerCache {
  return new AnswerCacheRoom(options, secondTier);
}

class AnswerCacheRoom implements ManagedAnswerCache {
  private readonly clock: Clock;
  private readonly view: FreshnessView;
  private readonly first: FirstTier;
  private readonly second: SecondTier | null;
  private readonly statistics: CacheStatistics;
  private readonly refills: Refills<Served>;
  private readonly keeper: FreshnessKeeper;
  private readonly answers: TieredAnswerCache;
  private readonly maxStaleMs: PerScope;

  constructor(
    private readonly options: AnswerCacheOptions,
    secondTier: SecondTier | null,
  ) {
    const settings = { ...DEFAULTS, ...definedOf(options) };
    this.clock = options.clock ?? systemClock;
    this.maxStaleMs = { discoveries: 1000, ingestions: 1000, ...options.maxStaleMs };
    this.second = secondTier ?? this.redisTier(settings.commandTimeoutMs);
    this.view = new FreshnessView(settings.vouchMs, (version) => void this.second?.tell(version));
    this.first = new FirstTier(settings.l1MaxBytes);
    this.statistics = new CacheStatistics(options.metrics);
    this.refills = new Refills(settings.maxConcurrentRefills);
    this.keeper = this.freshnessKeeper(settings);
    this.answers = this.tieredCache();
  }

  peek: AnswerCache['peek'] = (request) => this.answers.peek(request);
  get: AnswerCache['get'] = (request, load) => this.answers.get(request, load);

  async start(): Promise<void> {
    this.second?.start();
    await this.keeper.start();
  }

  async stop(): Promise<void> {
    await this.keeper.stop();
    await this.second?.stop();
    this.first.clear();
  }

  async stats(): Promise<CacheReport> {
    const { first, second, refills, statistics } = this;
    return reportOf({ first, second, refills, statistics, secondSize: (await second?.size()) ?? null, freshness: this.freshness() });
  }

  async invalidate(pattern: string): Promise<{ scopes: readonly CacheScope[] }> {
    const scopes = scopesMatching(pattern);
    await this.keeper.move(scopes);
    return { scopes };
  }

  async clear(): Promise<{ scopes: readonly CacheScope[]; removedEntries: number }> {
    const { scopes } = await this.invalidate('*');
    return { scopes, removedEntries: this.first.clear() };
  }

  figures(): CacheFigures {
    return figuresOf(this.statistics, this.first, this.first.countAlive(this.deadNow()));
  }

  cleanup(): { removedEntries: number; freedBytes: number } {
    const removed = this.first.removeDead(this.deadNow());
    this.measure();
    return { removedEntries: removed.entries, freedBytes: removed.bytes };
  }

  freshness(): CacheFreshness {
    const nowMs = this.clock.nowMs();
    const state = this.view.state();
    return {
      vouching: this.view.vouches(nowMs),
      polledAgeMs: this.view.answeredAgeMs(nowMs),
      generation: state?.generation ?? null,
      counters: Object.fromEntries((state?.counters ?? []).map(({ scope, epoch, value }) => [scope, `${epoch}:${value}`])),
      feedConnected: this.keeper.feedConnected,
    };
  }

  private deadNow(): (entry: Entry) => boolean {
    const nowMs = this.clock.nowMs();
    return (entry) => entry.expiresMs <= nowMs || entry.version !== this.view.version(entry.version.scope);
  }

  private redisTier(commandTimeoutMs: number): SecondTier | null {
    const { redisUrl, logger, metrics, keyPrefix = 'harvest:' } = this.options;
    if (!redisUrl) return null;
    const link = new RedisLink({
      url: redisUrl,
      commandTimeoutMs,
      pingMs: PING_MS,
      logger,
      onBreaker: (open) => {
        metrics.cacheBreakerOpen.set(open ? 1 : 0);
        if (open) logger.warn({}, 'Redis is left alone until it answers; answers come from memory and Postgres');
        else logger.info({}, 'Redis answers');
      },
    });
    return new RedisTier(link, { keyPrefix, leaseMs: LEASE_MS, clock: this.clock });
  }

  private freshnessKeeper(settings: { pollMs: number; vouchMs: number }): FreshnessKeeper {
    const { counters, changes, logger } = this.options;
    return new FreshnessKeeper({
      view: this.view,
      clock: this.clock,
      maxStaleMs: this.maxStaleMs,
      pollMs: settings.pollMs,
      pollTimeoutMs: settings.vouchMs,
      counters,
      changes,
      logger,
      onDoubt: () => this.first.clear(),
      onPolled: () => this.measure(),
      onLostNotice: () => (this.statistics.lostNotices += 1),
      onBarrier: (decidedMs) => void this.timeBarrier(decidedMs),
    });
  }

  private tieredCache(): TieredAnswerCache {
    const { view, first, second, refills, statistics, clock } = this;
    return new TieredAnswerCache(
      { view, first, second, refills, statistics, clock, logger: this.options.logger },
      {
        ttlMs: { discoveries: 60_000, ingestions: 60_000, ...this.options.ttlMs },
        maxStaleMs: this.maxStaleMs,
        leaseWaitMs: LEASE_WAIT_MS,
        leaseRetryMs: LEASE_RETRY_MS,
        random: Math.random,
        askForPoll: () => this.keeper.pollSoon(),
      },
    );
  }

  private measure(): void {
    this.options.metrics.cacheSize.set(this.first.size());
    this.options.metrics.cacheBytes.set(this.first.bytes());
  }

  /** An upper bound: the question's own way to Postgres is in it. */
  private async timeBarrier(decidedMs: number): Promise<void> {
    const { postgresNowMs, metrics, logger } = this.options;
    if (!postgresNowMs) return;
    try {
      metrics.barrierSeconds.observe(Math.max(0, (await postgresNowMs()) - decidedMs) / 1000);
    } catch (error) {
      logger.warn({ err: error }, "a barrier's time could not be measured");
    }
  }
}

/** An option given as undefined keeps its default. */
function definedOf(options: AnswerCacheOptions): Partial<typeof DEFAULTS> {
  const names = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}
