import { createMetrics, silentLogger } from '@harvest/observability';
import type { AnswerRequest, CacheVerdict, ChangeNotice } from '@harvest/read-models';
import { type Served, TieredAnswerCache } from '../answer-cache';
import { CacheStatistics } from '../cache-statistics';
import { FirstTier } from '../first-tier';
import type { CacheVersion, FreshnessView, PollTicket } from '../freshness-view';
import { Refills } from '../refills';
import type { ManualClock } from './manual-clock';
import type { MemoryTier } from './memory-tier';
import { answerFrom, stateIn, type Truth, type TruthState } from './truth';

const metrics = createMetrics();

export interface Answered {
  readonly verdict: CacheVerdict;
  readonly state: TruthState;
  /** The highest counter this process had been told of when it was asked, kept apart from the view under test. */
  readonly told: { readonly epoch: string; readonly value: bigint } | null;
  readonly completedThrough: bigint;
}

/** A refill that is held open: it reads its snapshot at one step, and ends at a later one. */
interface HeldLoad {
  snapshot: TruthState | null;
  end(): void;
}

export type ViewClass = new (vouchMs: number, onMoved: (version: CacheVersion) => void) => FreshnessView;

/** One process of a fleet: its own view and first tier, every outside event a step of its own. */
export class RaceProcess {
  readonly view: FreshnessView;
  readonly first = new FirstTier(1_000_000);
  readonly loads: HeldLoad[] = [];
  readonly answered: Answered[] = [];
  readonly polls: { ticket: PollTicket; state: TruthState }[] = [];
  unheard = 0;
  private completedThrough = 0n;
  private told: Answered['told'] = null;
  private readonly answers: TieredAnswerCache;

  constructor(
    private readonly truth: Truth,
    private readonly clock: ManualClock,
    fleet: { tier: MemoryTier; View: ViewClass },
  ) {
    this.view = new fleet.View(2000, (version) => void fleet.tier.tell(version));
    const parts = { view: this.view, first: this.first, second: fleet.tier, clock, logger: silentLogger };
    const ttlMs = { discoveries: 60_000, ingestions: 60_000 };
    this.answers = new TieredAnswerCache(
      { ...parts, refills: new Refills<Served>(8), statistics: new CacheStatistics(metrics) },
      { ttlMs, maxStaleMs: ttlMs, leaseWaitMs: 30, leaseRetryMs: 10, random: () => 0.5, askForPoll: () => this.beginPoll() },
    );
  }

  request(key: string, staleWhileRevalidate: boolean): Promise<void> {
    const request: AnswerRequest = { scope: this.truth.scope, key, staleWhileRevalidate, bypass: false };
    const { told, completedThrough } = this;
    const seen = this.answers.peek(request);
    if (seen) {
      this.answered.push({ verdict: 'hit-l1', state: stateIn(seen.body), told, completedThrough });
      return Promise.resolve();
    }
    return this.answers
      .get(request, () => this.hold())
      .then(({ answer, verdict }) => void this.answered.push({ verdict, state: stateIn(answer.body), told, completedThrough }))
      .catch((error: unknown) => {
        if ((error as { code?: string }).code !== 'refill-limit') throw error;
      });
  }

  hear(notice: ChangeNotice): void {
    if (notice.kind === 'generation') this.view.observeGeneration(notice.generation);
    if (notice.kind !== 'counter') return;
    const ended = notice.decidedMs !== undefined;
    this.view.observeNotice(notice.counter, ended);
    if (notice.counter.epoch !== this.told?.epoch) return;
    this.tell(notice.counter);
    if (ended && notice.counter.value > this.completedThrough) this.completedThrough = notice.counter.value;
  }

  beginPoll(): void {
    if (this.polls.length === 0) this.polls.push({ ticket: this.view.ticket(this.clock.nowMs()), state: this.truth.now });
  }

  endPoll(): void {
    const poll = this.polls.shift();
    if (!poll) return;
    this.view.observePoll(this.truth.stateAt(poll.state), poll.ticket);
    if (poll.state.epoch !== this.told?.epoch) this.told = poll.state;
    else this.tell(poll.state);
  }

  private tell({ epoch, value }: { epoch: string; value: bigint }): void {
    if (!this.told || value > this.told.value) this.told = { epoch, value };
  }

  private hold() {
    return new Promise<ReturnType<typeof answerFrom>>((resolve) => {
      const load: HeldLoad = { snapshot: null, end: () => load.snapshot && resolve(answerFrom(load.snapshot)) };
      this.loads.push(load);
    });
  }
}
