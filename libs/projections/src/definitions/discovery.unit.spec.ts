import { HOT_LAST } from '@harvest/read-models';
import type { DiscoveryRow } from '@harvest/read-models';
import { eventOf, factAt, tombstoneOf } from '@harvest/testing';
import { discoveryV1, hotOf, looksLikeFraction } from './discovery.v1.projection';
import type { Fact } from './definition';

const ID = 'arxiv:hep-th/9711200';
const facts = { artifactId: ID, source: 'arxiv', artifactType: 'paper' as const, title: 'T' };
const observed = (payload: object = {}, sequence: number | null = null) => eventOf('artifact.observed', { ...facts, ...payload }, sequence);
const scored = (discoveryScore: number, payload: object = {}, sequence: number | null = null) =>
  eventOf('score.computed', { artifactId: ID, discoveryScore, ...payload }, sequence);
const classified = (sequence: number | null = null) => eventOf('artifact.classified', { artifactId: ID, category: 'ml' }, sequence);
const retracted = (sequence: number | null = null) => eventOf('artifact.retracted', { artifactId: ID }, sequence);

/** Every fact is fed twice: the second time must change nothing. */
function given(...events: readonly Parameters<typeof factAt>[0][]): { row: DiscoveryRow; outcomes: string[] } {
  let row: DiscoveryRow | null = null;
  const outcomes: string[] = [];
  events.forEach((event, index) => {
    const fact: Fact = factAt(event, index);
    const once = discoveryV1.evolve(fact, row);
    expect(discoveryV1.evolve(fact, once.row).row).toEqual(once.row);
    row = once.row;
    outcomes.push(once.outcome);
  });
  return { row: row as unknown as DiscoveryRow, outcomes };
}

describe('discovery: what makes one visible', () => {
  it('observed alone: a row, not yet visible', () => {
    const { row } = given(observed({ publishedAt: '2019-06' }));
    expect(row).toMatchObject({ artifactId: ID, source: 'arxiv', artifactType: 'paper', visible: false, hot: null });
    expect(row).toMatchObject({ publishedMs: Date.UTC(2019, 5, 1), publishedPrecision: 'month', observedFacts: 1_000n });
  });

  it('a score for an unknown artifact makes a stub', () => {
    const { row } = given(scored(70.125));
    expect(row).toMatchObject({ source: null, publishedMs: null, discoveryScore: 701_250, visible: false, hot: null });
    expect(row.scored.alive).toBe(true);
    expect(row.artifactPosition).toBeNull();
  });

  it.each([
    ['score first', [scored(70), observed({ publishedAt: '2020' })]],
    ['artifact first', [observed({ publishedAt: '2020' }), scored(70)]],
  ])('both halves, %s: visible, with its rank', (_name, events) => {
    const { row } = given(...events);
    expect(row.visible).toBe(true);
    expect(row.hot).toBe(hotOf(700_000, Date.UTC(2020, 0, 1)));
  });

  it('a classification changes neither scores nor visibility', () => {
    const { row } = given(observed(), scored(1), classified());
    expect(row).toMatchObject({ visible: true, classifiedFacts: 1_002n, artifactPosition: { partition: 0, offset: 2n } });
  });
});

describe('discovery: dates', () => {
  it('no date: the first time seen in the log, said so', () => {
    const { row } = given(observed());
    expect(row).toMatchObject({ publishedMs: 1_700_000_000_000, publishedPrecision: 'first-seen', firstSeenMs: 1_700_000_000_000 });
  });

  it('a missing date leaves the known one, a null clears it', () => {
    expect(given(observed({ publishedAt: '2019' }), observed()).row.publishedPrecision).toBe('year');
    const { row } = given(observed({ publishedAt: '2019' }), observed({ publishedAt: null }));
    expect(row).toMatchObject({ publishedMs: 1_700_000_000_000, publishedPrecision: 'first-seen' });
  });

  it('a precision without a date is ignored', () => {
    const { row } = given(observed({ publishedAt: '2019-06-07' }), observed({ publishedPrecision: 'year' }));
    expect(row).toMatchObject({ publishedMs: Date.UTC(2019, 5, 7), publishedPrecision: 'day' });
  });

  it('a new life is first seen anew', () => {
    const { row } = given(observed(), retracted(), observed());
    expect(row.firstSeenMs).toBe(1_700_000_000_002);
  });
});

describe('discovery: scores', () => {
  it('are rounded to ten-thousandths', () => {
    const { row } = given(scored(0.00005, { novelty: 0.00004, emergence: 100, obscurity: 33.33335 }));
    expect(row).toMatchObject({ discoveryScore: 1, novelty: 0, emergence: 1_000_000, obscurity: 333_334 });
  });

  it('a missing component leaves what is known, a null clears it', () => {
    const { row } = given(
      scored(5, { novelty: 6, emergence: 7, model: 'm', computedAt: '2024-01-02T03:04:05Z' }),
      scored(8, { emergence: null }),
    );
    expect(row).toMatchObject({ discoveryScore: 80_000, novelty: 60_000, emergence: null, model: 'm' });
    expect(row.computedAtMs).toBe(Date.UTC(2024, 0, 2, 3, 4, 5));
  });

  it('a lower sequence is superseded and leaves the score', () => {
    const { row, outcomes } = given(scored(50, {}, 5), scored(60, {}, 4), scored(70));
    expect(outcomes).toEqual(['projected', 'superseded', 'sequence-missing']);
    expect(row.discoveryScore).toBe(500_000);
  });

  it('all components at most 1 are suspicious; one above is not', () => {
    const payload = { artifactId: ID, discoveryScore: 0.9, novelty: 1, emergence: null };
    expect(looksLikeFraction(payload)).toBe(true);
    expect(looksLikeFraction({ ...payload, obscurity: 1.5 })).toBe(false);
  });
});

describe('discovery: retractions and tombstones', () => {
  it.each([
    ['retraction', retracted()],
    ['tombstone', tombstoneOf(ID)],
  ])('a %s clears both artifact halves, the score stays', (_name, end) => {
    const { row } = given(observed(), classified(), scored(9), end);
    expect(row).toMatchObject({ source: null, publishedMs: null, firstSeenMs: null, visible: false, hot: null, discoveryScore: 90_000 });
    expect(row).toMatchObject({ observedFacts: null, classifiedFacts: null, scoreFacts: 1_002n });
    expect([row.observed.alive, row.classified.alive, row.scored.alive]).toEqual([false, false, true]);
  });

  it('a sequenced retraction competes half by half', () => {
    const { row, outcomes } = given(observed({}, 10), classified(3), retracted(5));
    expect(outcomes[2]).toBe('projected');
    expect([row.observed, row.classified]).toEqual([
      { alive: true, sequenced: true, floor: 10n },
      { alive: false, sequenced: true, floor: 5n },
    ]);
    expect(row.source).toBe('arxiv');
  });

  it('a retried old retraction is superseded', () => {
    expect(given(observed({}, 10), classified(10), retracted(5)).outcomes[2]).toBe('superseded');
  });

  it('of an unknown artifact leaves a row with its floors', () => {
    const { row } = given(retracted(5));
    expect([row.observed.floor, row.classified.floor, row.scored.floor]).toEqual([5n, 5n, null]);
    expect(given(tombstoneOf(ID)).row.artifactPosition).toEqual({ partition: 0, offset: 0n });
  });

  it('a later observation is a new life, visible again with the score it has', () => {
    expect(given(observed({ publishedAt: '2019' }), scored(9), tombstoneOf(ID), observed()).row).toMatchObject({
      visible: true,
      publishedPrecision: 'first-seen',
    });
  });
});

describe('discovery: hot', () => {
  it('worked examples', () => {
    // ln(70) + 2020-01-01 / 336 h = 4.248495242 + 1,577,836,800,000 / 1,209,600,000 = 4.248495242 + 1304.428571429
    expect(hotOf(700_000, Date.UTC(2020, 0, 1))).toBe(1_308_677_067n);
    // a score of 1 published at the epoch: ln 1 + 0
    expect(hotOf(10_000, 0)).toBe(0n);
    // before 1970
    expect(hotOf(10_000, -1_209_600_000)).toBe(-1_000_000n);
  });

  it('336 h of age weigh as much as a factor e of score', () => {
    expect(hotOf(10_000, 1_209_600_000)).toBe(hotOf(27_183, 0) - 7n);
  });

  it('a score of 0 sorts last by rule', () => {
    expect(hotOf(0, Date.UTC(2026, 0, 1))).toBe(HOT_LAST);
    expect(hotOf(1, Date.UTC(1900, 0, 1))).toBeGreaterThan(HOT_LAST);
  });
});

describe('discovery: one key in two partitions', () => {
  it('is told, per topic', () => {
    const first = discoveryV1.evolve(factAt(observed(), 1), null);
    const scoredElsewhere = discoveryV1.evolve(factAt(scored(1), 1, { partition: 3 }), first.row);
    expect(scoredElsewhere.otherPartition).toBe(false);
    expect(discoveryV1.evolve(factAt(observed(), 9, { partition: 2 }), scoredElsewhere.row).otherPartition).toBe(true);
  });
});

it('a superseded event without news returns the known row itself', () => {
  const { row } = given(observed({}, 5));
  expect(discoveryV1.evolve(factAt(observed({ source: 'x' }, 4), 1), row).row).toBe(row);
});
