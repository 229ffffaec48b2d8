import type { Queries } from '@harvest/queries';
import type { CachedAnswer } from '@harvest/read-models';
import type { AnswerDesk, CachedQuestion } from './answer-desk';

const WINDOW_MS = 1000;
/** Nobody leaves: the deadline is the reader's own. */
const NOBODY_LEAVES = new AbortController().signal;

/**
 * Another question each second: the answer tells its own age, and events of topics outside its scope are in it. So one read a second
 * serves everybody, and none is older. Its scope is the one that every decided ingestion moves.
 */
export function statusQuestion(queries: Pick<Queries, 'getStatus'>, nowMs: number): CachedQuestion {
  return { scope: 'ingestions', key: `/v1/status?window=${Math.floor(nowMs / WINDOW_MS)}`, load: () => queries.getStatus() };
}

/** The status as any reader gets it. Rejects with `refill-limit` and the reader's errors. */
export async function readStatusBy(desk: Pick<AnswerDesk, 'answer'>, queries: Pick<Queries, 'getStatus'>): Promise<CachedAnswer> {
  const requirements = { minPosition: null, waitMs: 0, maxStalenessMs: null };
  const wish = { requirements, signal: NOBODY_LEAVES };
  return (await desk.answer(statusQuestion(queries, Date.now()), wish)).answer;
}
