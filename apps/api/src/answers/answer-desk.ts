import { HarvestError } from '@harvest/kernel';
import type { Clock } from '@harvest/kernel';
import type { HarvestMetrics } from '@harvest/observability';
import { asksNothing, assertMeets, meets, toCachedAnswer, toLoadedAnswer } from '@harvest/queries';
import type { Answered, Queries, ReadRequirements } from '@harvest/queries';
import type { AnswerCache, CachedAnswer, CacheScope, CacheVerdict } from '@harvest/read-models';

export interface CachedQuestion {
  readonly scope: CacheScope;
  /** Canonical: path and normalised parameters. */
  readonly key: string;
  load(): Promise<Answered>;
}

export interface Served {
  readonly answer: CachedAnswer;
  readonly verdict: CacheVerdict;
}

/** What the caller wants of the answer's age, and whether it still listens. */
export interface Wish {
  readonly requirements: ReadRequirements;
  readonly signal: AbortSignal;
}

/** Each asks Postgres for its position again and again. */
const MAX_WAITERS = 32;

/** Turns questions into answers that are as fresh as was asked for: kept ones when they do, fresh ones, or after a wait. */
export class AnswerDesk {
  private waiters = 0;

  constructor(
    private readonly cache: AnswerCache,
    private readonly queries: Pick<Queries, 'awaitPosition'>,
    private readonly clock: Clock,
    private readonly metrics: Pick<HarvestMetrics, 'stalenessSeconds'>,
  ) {}

  /** The first tier's answer, at once, when it does; else null. */
  peek(question: CachedQuestion, requirements: ReadRequirements): CachedAnswer | null {
    const answer = this.cache.peek(toRequest(question, false));
    if (answer === null || asksNothing(requirements)) return answer;
    return meets(requirements, answer, this.clock.nowMs() - answer.storedMs) ? answer : null;
  }

  /** Rejects with `position-not-reached`, `too-stale`, `refill-limit`, and with what the question rejects with. */
  async answer(question: CachedQuestion, { requirements, signal }: Wish): Promise<Served> {
    const isOrdinary = asksNothing(requirements);
    if (!isOrdinary) await this.awaitPosition(requirements, signal);
    return this.cache.get(toRequest(question, !isOrdinary), async () => {
      const answered = await this.load(() => question.load());
      if (!isOrdinary) assertMeets(requirements, answered.snapshot);
      return toLoadedAnswer(answered, question.scope, this.clock.nowMs());
    });
  }

  /** A question about single rows: never kept. */
  async answerFresh({ requirements, signal }: Wish, load: () => Promise<Answered>): Promise<Served> {
    await this.awaitPosition(requirements, signal);
    const answered = await this.load(load);
    assertMeets(requirements, answered.snapshot);
    return { answer: toCachedAnswer(answered, this.clock.nowMs()), verdict: 'bypass' };
  }

  private async load(load: () => Promise<Answered>): Promise<Answered> {
    const answered = await load();
    const { stalenessMs } = answered.snapshot;
    if (stalenessMs !== null) this.metrics.stalenessSeconds.set(stalenessMs / 1000);
    return answered;
  }

  /** Whether the wait was long enough is judged by the answer's own snapshot. */
  private async awaitPosition({ minPosition, waitMs }: ReadRequirements, signal: AbortSignal): Promise<void> {
    if (minPosition === null || waitMs === 0) return;
    if (this.waiters >= MAX_WAITERS) {
      throw new HarvestError({ code: 'stream-limit', retriable: true, message: `${MAX_WAITERS} requests wait for a position already` });
    }
    this.waiters += 1;
    try {
      await this.queries.awaitPosition(minPosition, waitMs, signal);
    } finally {
      this.waiters -= 1;
    }
  }
}

function toRequest({ scope, key }: CachedQuestion, bypass: boolean) {
  return { scope, key, staleWhileRevalidate: true, bypass };
}
