import { hash } from 'node:crypto';
import { HarvestError } from '@harvest/kernel';
import type { CachedAnswer, CacheScope, LoadedAnswer } from '@harvest/read-models';
import type { Answered } from './list-discoveries.query';
import { encodePosition, positionOf } from './position';

const ETAG_LENGTH = 27;

/** Strong: equal bytes, equal tag, whichever process made them. */
export function etagOf(body: Buffer): string {
  return `"${hash('sha256', body, 'base64url').slice(0, ETAG_LENGTH)}"`;
}

/** With its headers' values. A staleness that is not known is infinite: it meets no bound. */
export function toCachedAnswer({ body, snapshot }: Answered, nowMs: number): CachedAnswer {
  const stalenessMs = snapshot.stalenessMs ?? Number.POSITIVE_INFINITY;
  return { body, etag: etagOf(body), position: encodePosition(positionOf(snapshot)), stalenessMs, storedMs: nowMs };
}

/** For the cache: the answer with the generation and the scope's counter that stood in its own snapshot. */
export function toLoadedAnswer(answered: Answered, scope: CacheScope, nowMs: number): LoadedAnswer {
  const { generation, counters } = answered.snapshot.freshness;
  const counter = counters.find((one) => one.scope === scope);
  if (!counter)
    throw new HarvestError({ code: 'counter-missing', message: `the database has no cache counter for ${scope}: run the migrations` });
  return { answer: toCachedAnswer(answered, nowMs), generation, counterEpoch: counter.epoch, counterValue: counter.value };
}
