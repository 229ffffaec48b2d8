import { createMetrics, type HarvestMetrics, type Logger, silentLogger } from '@harvest/observability';
import type { AnswerRequest, ChangeFeed, ChangeNotice, CounterStore, LoadedAnswer } from '@harvest/read-models';
import { type AnswerCacheOptions, createAnswerCache, type ManagedAnswerCache } from '../create-answer-cache';
import { ManualClock } from './manual-clock';
import { answerFrom, Truth } from './truth';

export const ASKED: AnswerRequest = { scope: 'discoveries', key: '/v1/discoveries?', staleWhileRevalidate: false, bypass: false };

/** A cache on a database that is a `Truth`, with its notices and polls in the test's hand. */
export class CacheBench {
  readonly truth = new Truth();
  readonly clock = new ManualClock();
  readonly metrics: HarvestMetrics = createMetrics();
  readonly warnings: string[] = [];
  readonly cache: ManagedAnswerCache;
  loads = 0;
  pollFails = false;
  subscribeFails = false;
  private listeners: Parameters<ChangeFeed['subscribe']>[0][] = [];

  constructor(options: Partial<AnswerCacheOptions> = {}) {
    this.cache = createAnswerCache({
      redisUrl: null,
      counters: this.counters(),
      changes: { subscribe: (listener) => this.subscribe(listener) },
      clock: this.clock,
      metrics: this.metrics,
      logger: this.logger(),
      ...options,
    });
  }

  /** Loads at once, from what is true now. */
  readonly load = (): Promise<LoadedAnswer> => {
    this.loads += 1;
    return Promise.resolve(answerFrom(this.truth.now));
  };

  ask(change: Partial<AnswerRequest> = {}, load = this.load) {
    return this.cache.get({ ...ASKED, ...change }, load);
  }

  tell(notice: ChangeNotice): void {
    for (const listener of this.listeners) listener.onNotice(notice);
  }

  /** Whatever has been announced and not told yet. */
  tellAll(): void {
    for (const notice of this.truth.announced.splice(0)) this.tell(notice);
  }

  reconnect(): void {
    for (const listener of this.listeners) {
      listener.onDisconnected();
      listener.onReconnected();
    }
  }

  private subscribe(listener: Parameters<ChangeFeed['subscribe']>[0]): Promise<() => Promise<void>> {
    if (this.subscribeFails) return Promise.reject(new Error('no connection'));
    this.listeners.push(listener);
    return Promise.resolve(() => {
      this.listeners = this.listeners.filter((one) => one !== listener);
      return Promise.resolve();
    });
  }

  private counters(): CounterStore {
    const answer = () => {
      const state = this.truth.stateAt(this.truth.now);
      return this.pollFails ? Promise.reject(new Error('no database')) : Promise.resolve(state);
    };
    const move = () => {
      this.truth.move();
      return answer();
    };
    return { read: answer, moveStale: answer, move };
  }

  private logger(): Logger {
    return { ...silentLogger, warn: (_fields, message) => void this.warnings.push(message) };
  }
}
