import type { ArtifactObserved } from '@harvest/contracts';
import { eventOf, tombstoneOf } from '@harvest/testing';
import { artifactCardV2, cardOfFacts, factsOfCard, NO_FACTS } from './artifact-card.v2.projection';

const ID = 'acl:C65-1001';
const base = { artifactId: ID, source: 'acl-anthology', artifactType: 'paper' as const, title: 'Some "questions"\n' };
const observed = (payload: Partial<ArtifactObserved> = {}) => eventOf('artifact.observed', { ...base, ...payload });
const written = { observed: 'written', classified: 'kept' } as const;
const classifiedNow = { observed: 'kept', classified: 'written' } as const;

const observe = (facts = NO_FACTS, payload: Partial<ArtifactObserved> = {}) => {
  const event = observed(payload);
  const next = artifactCardV2.evolve(facts, event, written);
  expect(artifactCardV2.evolve(next, event, written)).toEqual(next);
  return next;
};

describe('artifact card: text', () => {
  it('holds the known members only, in their order', () => {
    expect(cardOfFacts(ID, observe())).toEqual({
      artifactId: ID,
      card: `"artifactId":"acl:C65-1001","source":"acl-anthology","artifactType":"paper","title":"Some \\"questions\\"\\n"`,
      detail: '',
      topics: '',
      entities: '',
    });
    const full = observe(NO_FACTS, {
      metrics: { stars: 3 },
      topics: [{ name: 'COLING' }],
      authors: [{ name: 'S. Abraham' }],
      publishedAt: '1965-01-01',
      publishedPrecision: 'year',
      url: 'https://example.org/a',
      text: 'body',
      references: ['acl:X'],
      attributes: { a: [1, null] },
    });
    const { card, detail } = cardOfFacts(ID, full);
    expect(Object.keys(JSON.parse(`{${card}}`) as object)).toEqual([
      'artifactId',
      'source',
      'artifactType',
      'title',
      'url',
      'publishedAt',
      'publishedPrecision',
      'authors',
      'topics',
      'metrics',
    ]);
    expect(JSON.parse(`{${card}}`)).toMatchObject({ publishedAt: '1965-01-01', publishedPrecision: 'year' });
    expect(detail).toBe('"text":"body","references":["acl:X"],"attributes":{"a":[1,null]}');
  });

  it('reads back to the same facts', () => {
    const facts = observe(NO_FACTS, { text: 'x', metrics: {}, authors: [], publishedAt: '2019-06' });
    expect(factsOfCard(cardOfFacts(ID, facts))).toEqual(facts);
    expect(cardOfFacts(ID, factsOfCard(cardOfFacts(ID, facts)))).toEqual(cardOfFacts(ID, facts));
    expect(factsOfCard(null)).toBe(NO_FACTS);
  });
});

describe('artifact card: merging', () => {
  it('a missing field leaves what is known, a null clears it', () => {
    const first = observe(NO_FACTS, { url: 'u', text: 't', authors: [{ name: 'A' }] });
    const second = observe(first, { title: 'New', text: null });
    expect(second).toMatchObject({ title: 'New', url: 'u', authors: [{ name: 'A' }] });
    expect(second.text).toBeUndefined();
  });

  it('a date replaces the pair, a precision alone is ignored', () => {
    const first = observe(NO_FACTS, { publishedAt: '2019-06-07', publishedPrecision: 'month' });
    expect(first.publishedPrecision).toBe('month');
    expect(observe(first, { publishedPrecision: 'year' })).toMatchObject({ publishedAt: '2019-06-07', publishedPrecision: 'month' });
    expect(observe(first, { publishedAt: '2020-01-02' })).toMatchObject({ publishedAt: '2020-01-02', publishedPrecision: 'day' });
    const cleared = observe(first, { publishedAt: null });
    expect([cleared.publishedAt, cleared.publishedPrecision]).toEqual([undefined, undefined]);
  });

  it('a classification stands beside the observation', () => {
    const classified = eventOf('artifact.classified', { artifactId: ID, category: 'ml', urgency: 2, reasoning: 'because' });
    const facts = artifactCardV2.evolve(observe(), classified, classifiedNow);
    const { card, detail } = cardOfFacts(ID, facts);
    expect(card.endsWith('"classification":{"category":"ml","urgency":2}')).toBe(true);
    expect(detail).toBe('"reasoning":"because"');
    const emptied = eventOf('artifact.classified', { artifactId: ID, category: null, urgency: null });
    expect(artifactCardV2.evolve(facts, emptied, classifiedNow).classification).toBeUndefined();
  });

  it('what discovery did not let win is not merged', () => {
    const facts = observe();
    expect(artifactCardV2.evolve(facts, observed({ title: 'Older' }), { observed: 'kept', classified: 'kept' })).toBe(facts);
  });

  it('clearing one half leaves the other', () => {
    const classified = eventOf('artifact.classified', { artifactId: ID, category: 'ml' });
    const both = artifactCardV2.evolve(observe(), classified, classifiedNow);
    const left = artifactCardV2.evolve(both, tombstoneOf(ID), { observed: 'cleared', classified: 'kept' });
    expect(cardOfFacts(ID, left).card).toBe(`"artifactId":"${ID}","classification":{"category":"ml"}`);
    expect(artifactCardV2.evolve(both, tombstoneOf(ID), { observed: 'cleared', classified: 'cleared' })).toEqual(NO_FACTS);
  });
});
