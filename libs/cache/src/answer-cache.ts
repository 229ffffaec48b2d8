import type { AnswerCache, AnswerRequest, CachedAnswer, CacheScope, CacheVerdict, LoadedAnswer } from '@harvest/read-models';
import type { Clock } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import type { CacheStatistics } from './cache-statistics';
import type { Entry, FirstTier } from './first-tier';
import { type CacheVersion, type FreshnessView, versionKey } from './freshness-view';
import type { Refills } from './refills';
import type { LookUp, SecondTier } from './second-tier';

export interface Served {
  readonly answer: CachedAnswer;
  readonly verdict: CacheVerdict;
}
type Load = () => Promise<LoadedAnswer>;

export interface TieredCacheParts {
  readonly view: FreshnessView;
  readonly first: FirstTier;
  readonly second: SecondTier | null;
  readonly refills: Refills<Served>;
  readonly statistics: CacheStatistics;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TieredCacheSettings {
  readonly ttlMs: Readonly<Record<CacheScope, number>>;
  readonly maxStaleMs: Readonly<Record<CacheScope, number>>;
  /** How long a process waits for another's refill before it makes the answer itself. */
  readonly leaseWaitMs: number;
  /** At most, between two looks; the first comes after a quarter of it. */
  readonly leaseRetryMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Called when an answer's own snapshot shows that a poll is due. */
  readonly askForPoll: () => void;
}

/** TTLs differ by ±10 %, so that what was filled together does not expire together. */
const JITTER = 0.1;

/** See the port. Keeps an answer only under the generation and counter that stood in the snapshot it was read in. */
export class TieredAnswerCache implements AnswerCache {
  constructor(
    private readonly parts: TieredCacheParts,
    private readonly settings: TieredCacheSettings,
  ) {}

  peek(request: AnswerRequest): CachedAnswer | null {
    if (request.bypass) return null;
    const nowMs = this.parts.clock.nowMs();
    if (!this.parts.view.vouches(nowMs)) return null;
    const entry = this.parts.first.find(request.key);
    if (!entry || entry.version !== this.parts.view.version(request.scope) || entry.expiresMs <= nowMs) return null;
    this.parts.statistics.count(request.scope, 'hit-l1');
    return entry.answer;
  }

  async get(request: AnswerRequest, load: Load): Promise<Served> {
    const served = await this.serve(request, load);
    this.parts.statistics.count(request.scope, served.verdict);
    return served;
  }

  private async serve(request: AnswerRequest, load: Load): Promise<Served> {
    const version = this.trusted(request);
    if (!version) return this.bypass(request, load);
    const lookUp = { version, key: request.key };
    return this.serveFirst(request, version, () => this.refillBehind(lookUp, load)) ?? this.fly(lookUp, load);
  }

  /** The version that cached answers must have; null when none may be served. */
  private trusted({ bypass, scope }: AnswerRequest): CacheVersion | null {
    if (bypass || this.settings.maxStaleMs[scope] === 0 || !this.parts.view.vouches(this.parts.clock.nowMs())) return null;
    return this.parts.view.version(scope);
  }

  private serveFirst(request: AnswerRequest, version: CacheVersion, refillBehind: () => void): Served | null {
    const entry = this.parts.first.find(request.key);
    if (!entry || entry.expiresMs <= this.parts.clock.nowMs()) return null;
    if (entry.version === version) return { answer: entry.answer, verdict: 'hit-l1' };
    if (!request.staleWhileRevalidate || !this.parts.view.mayServeStale(entry.version, version)) return null;
    refillBehind();
    return { answer: entry.answer, verdict: 'stale' };
  }

  /**
   * Neither joined with a flight (one begun earlier may hold less than this request asks for) nor kept (an answer kept for this
   * version by another process may be older, and readers would see time run backwards). Its snapshot still teaches the counter. Where
   * nobody asked for a bypass, what memory holds goes: vouched for again, it would be served after this newer answer.
   */
  private async bypass(request: AnswerRequest, load: Load): Promise<Served> {
    const loaded = await this.parts.refills.admit(load);
    this.parts.view.observeLoaded(request.scope, loaded);
    if (!request.bypass) this.parts.first.drop(request.key);
    return { answer: loaded.answer, verdict: 'bypass' };
  }

  private fly(lookUp: LookUp, load: Load): Promise<Served> {
    return this.parts.refills.join(flightKey(lookUp), () => this.fill(lookUp, load));
  }

  private refillBehind(lookUp: LookUp, load: Load): void {
    if (this.parts.refills.isFlying(flightKey(lookUp))) return;
    this.fly(lookUp, load).catch((error: unknown) => {
      this.parts.statistics.backgroundFailures += 1;
      this.parts.logger.warn(
        { err: error, scope: lookUp.version.scope },
        'a refill behind a stale answer failed; the next request tries again',
      );
    });
  }

  private async fill(lookUp: LookUp, load: Load): Promise<Served> {
    const { second, refills } = this.parts;
    if (!second) return refills.admit(() => this.refill(lookUp, load, null));
    const found = await second.findOrLease(lookUp);
    if (found.kind === 'found') return this.hitSecond(lookUp, found.answer);
    if (found.kind === 'busy') return refills.admit(() => this.waitForOther(lookUp, load, second));
    const token = found.kind === 'leased' ? found.token : null;
    return this.leased(lookUp, token, () => refills.admit(() => this.refill(lookUp, load, token)));
  }

  /** Looks again while another process makes the answer; makes it here when that takes too long. */
  private async waitForOther(lookUp: LookUp, load: Load, second: SecondTier): Promise<Served> {
    const { leaseWaitMs, leaseRetryMs } = this.settings;
    const untilMs = this.parts.clock.nowMs() + leaseWaitMs;
    // Most answers are made within a few milliseconds: looking from the beginning at the whole interval cost 5 ms of complete → fresh's p99.
    for (let retryMs = leaseRetryMs / 4; this.parts.clock.nowMs() < untilMs; retryMs = Math.min(2 * retryMs, leaseRetryMs)) {
      await this.parts.clock.sleep(retryMs);
      const found = await second.findOrLease(lookUp);
      if (found.kind === 'found') return this.hitSecond(lookUp, found.answer);
      if (found.kind === 'leased') return this.leased(lookUp, found.token, () => this.refill(lookUp, load, found.token));
      if (found.kind === 'unavailable') break;
    }
    return this.refill(lookUp, load, null);
  }

  /** A lease is given back when the work fails, so that nobody waits for it. */
  private async leased(lookUp: LookUp, token: string | null, work: () => Promise<Served>): Promise<Served> {
    try {
      return await work();
    } catch (error) {
      this.release(lookUp, token);
      throw error;
    }
  }

  private async refill(lookUp: LookUp, load: Load, token: string | null): Promise<Served> {
    const loaded = await load();
    this.keep(lookUp, loaded, token);
    return { answer: loaded.answer, verdict: 'miss' };
  }

  private keep(lookUp: LookUp, loaded: LoadedAnswer, token: string | null): void {
    const version = this.parts.view.observeLoaded(lookUp.version.scope, loaded);
    if (!version) return this.giveUp(lookUp, token);
    const kept = { version, key: lookUp.key };
    const ttlMs = this.keepFirst(kept, loaded.answer);
    // The lease was taken under the version looked up; the answer may stand under a newer one.
    const moved = version !== lookUp.version;
    if (moved) this.release(lookUp, token);
    void this.parts.second?.store(kept, { answer: loaded.answer, ttlMs, token: moved ? null : token });
  }

  /** A late refill: those who wait for it get it, nobody else. */
  private giveUp(lookUp: LookUp, token: string | null): void {
    this.parts.statistics.lateRefills += 1;
    if (!this.parts.view.vouches(this.parts.clock.nowMs())) this.settings.askForPoll();
    this.release(lookUp, token);
  }

  private release(lookUp: LookUp, token: string | null): void {
    if (token) void this.parts.second?.release(lookUp, token);
  }

  private hitSecond(lookUp: LookUp, answer: CachedAnswer): Served {
    if (this.parts.view.version(lookUp.version.scope) === lookUp.version) this.keepFirst(lookUp, answer);
    return { answer, verdict: 'hit-l2' };
  }

  private keepFirst(lookUp: LookUp, answer: CachedAnswer): number {
    const { scope } = lookUp.version;
    const ttlMs = Math.round(this.settings.ttlMs[scope] * (1 - JITTER + 2 * JITTER * this.settings.random()));
    const nowMs = this.parts.clock.nowMs();
    const entry: Entry = { version: lookUp.version, answer, expiresMs: nowMs + ttlMs };
    this.parts.first.put(lookUp.key, entry, nowMs);
    return ttlMs;
  }
}

function flightKey({ version, key }: LookUp): string {
  return `${versionKey(version)} ${key}`;
}
