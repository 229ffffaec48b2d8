import { type Clock, withDeadline } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import type { CacheScope, ChangeFeed, ChangeNotice, CounterStore, FreshnessState } from '@harvest/read-models';
import type { FreshnessView } from './freshness-view';

export interface FreshnessKeeperOptions {
  readonly view: FreshnessView;
  readonly counters: CounterStore;
  readonly changes: ChangeFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxStaleMs: Readonly<Record<CacheScope, number>>;
  readonly pollMs: number;
  readonly pollTimeoutMs: number;
  /** What was believed while notices may have been lost is dropped. */
  readonly onDoubt: () => void;
  readonly onPolled: () => void;
  readonly onLostNotice: () => void;
  /** A completion moved a counter, and from this moment on this process serves nothing from before it. */
  readonly onBarrier: (decidedMs: number) => void;
}

/** Keeps a process's beliefs: notices as they come, and a poll each second that also moves what is stale and repairs what was lost. */
export class FreshnessKeeper {
  private readonly abort = new AbortController();
  /** What a poll taught, waiting for its notice: one that never comes was lost. */
  private readonly awaited = new Map<CacheScope, { value: bigint; polls: number }>();
  private loop: Promise<void> | null = null;
  private unsubscribe: (() => Promise<void>) | null = null;
  private wake: AbortController | null = null;
  private pollDue = false;
  private failing = false;
  feedConnected = false;

  constructor(private readonly options: FreshnessKeeperOptions) {}

  /** Resolves after the first poll, answered or not. Idempotent. */
  async start(): Promise<void> {
    if (this.loop) return;
    await this.subscribe();
    this.pollDue = false;
    await this.poll();
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.abort.abort(new Error('the cache stops'));
    this.wake?.abort(new Error('the cache stops'));
    await this.loop;
    await this.unsubscribe?.().catch((error: unknown) => this.options.logger.warn({ err: error }, 'unsubscribing from changes failed'));
    this.unsubscribe = null;
  }

  /** The next poll comes now; while one is under way, right after it: that one may have looked too early. */
  pollSoon(): void {
    this.pollDue = true;
    this.wake?.abort(new Error('a poll is due'));
  }

  /** Operators' invalidation: moved at once; nothing of before is served, not even as stale. */
  async move(scopes: readonly CacheScope[]): Promise<FreshnessState> {
    const ticket = this.options.view.ticket(this.options.clock.nowMs());
    const state = await this.options.counters.move(scopes);
    this.options.view.observePoll(state, ticket);
    for (const counter of state.counters) if (scopes.includes(counter.scope)) this.options.view.raiseFloor(counter);
    return state;
  }

  private async run(): Promise<void> {
    while (!this.abort.signal.aborted) {
      this.wake = new AbortController();
      // Woken early by `pollSoon` or `stop`: either way the sleep is over.
      if (!this.pollDue) await this.options.clock.sleep(this.options.pollMs, this.wake.signal).catch(() => undefined);
      if (this.abort.signal.aborted) return;
      if (!this.unsubscribe) await this.subscribe();
      this.pollDue = false;
      await this.poll();
    }
  }

  private async poll(): Promise<void> {
    const { view, counters, clock, logger } = this.options;
    const ticket = view.ticket(clock.nowMs());
    const before = new Map(view.state()?.counters.map((counter) => [counter.scope, counter.value]));
    try {
      const state = await withDeadline(
        counters.moveStale(this.options.maxStaleMs),
        this.options.pollTimeoutMs,
        'polling the cache counters',
      );
      view.observePoll(state, ticket);
      this.lookForLostNotices(state, before);
      if (this.failing) logger.info({}, 'the cache counters are known again');
      this.failing = false;
    } catch (error) {
      if (!this.failing) logger.warn({ err: error }, 'the cache counters cannot be polled; answers come from Postgres until they can');
      this.failing = true;
    }
    this.options.onPolled();
  }

  private lookForLostNotices(state: FreshnessState, before: ReadonlyMap<CacheScope, bigint>): void {
    for (const { scope, value } of state.counters) {
      const waiting = this.awaited.get(scope);
      if (waiting && ++waiting.polls > 1) {
        this.awaited.delete(scope);
        this.options.onLostNotice();
      }
      const known = before.get(scope);
      if (known !== undefined && value > known && !this.awaited.has(scope)) this.awaited.set(scope, { value, polls: 0 });
    }
  }

  private async subscribe(): Promise<void> {
    try {
      this.unsubscribe = await this.options.changes.subscribe({
        onNotice: (notice) => this.observe(notice),
        onReconnected: () => this.doubt(true),
        onDisconnected: () => {
          this.feedConnected = false;
        },
      });
      this.doubt(true);
    } catch (error) {
      this.options.logger.warn({ err: error }, 'changes cannot be listened to; the poll finds them a second late');
    }
  }

  /** While nobody listened, notices may have been lost. */
  private doubt(connected: boolean): void {
    this.feedConnected = connected;
    this.options.onDoubt();
    this.pollSoon();
  }

  private observe(notice: ChangeNotice): void {
    if (notice.kind === 'generation') return this.options.view.observeGeneration(notice.generation);
    if (notice.kind !== 'counter') return;
    const { counter, decidedMs } = notice;
    const waiting = this.awaited.get(counter.scope);
    if (waiting && counter.value >= waiting.value) this.awaited.delete(counter.scope);
    if (this.options.view.observeNotice(counter, decidedMs !== undefined) === 'foreign') this.pollSoon();
    if (decidedMs !== undefined) this.options.onBarrier(decidedMs);
  }
}
