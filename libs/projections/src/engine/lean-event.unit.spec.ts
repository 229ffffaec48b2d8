import { type ArtifactObserved, decode, encodeEvent, type HarvestEvent } from '@harvest/contracts';
import { recordAt } from '@harvest/testing';
import { artifactCardV2, cardOfFacts, factsOfCard, NO_FACTS } from '../definitions/artifact-card.v2.projection';
import { type LeanObserved, leanEvent } from './lean-event';

const MINIMAL: ArtifactObserved = { artifactId: 'a:1', source: 's', artifactType: 'paper', title: 'T' };
const FULL: ArtifactObserved = {
  ...MINIMAL,
  title: 'Über “🦀”',
  text: 'x'.repeat(300),
  url: 'https://example.org/1',
  publishedAt: '2024-02',
  publishedPrecision: 'month',
  authors: [{ name: 'A', entityId: 'e:1' }, { name: 'B' }],
  topics: [{ name: 't', confidence: 0.5 }],
  references: ['a:2', 'a:3'],
  metrics: { stars: 3 },
  attributes: { deep: { list: [1, null] } },
};
const CLEARING: ArtifactObserved = { ...MINIMAL, text: null, url: null, publishedAt: null, authors: null, metrics: null };
const FIELDS = Object.keys(FULL) as (keyof ArtifactObserved)[];

function leanOf(payload: ArtifactObserved, sequence?: bigint) {
  const event = { type: 'artifact.observed' as const, payload, id: 'e', source: 'test', ...(sequence !== undefined && { sequence }) };
  const record = recordAt(encodeEvent(event, { topicPrefix: 'signals.' }), 0);
  const decoded = decode(record, { family: 'artifacts' }) as Extract<HarvestEvent, { type: 'artifact.observed' }>;
  return { decoded, lean: leanEvent(decoded, record) };
}

describe.each([
  ['with the least fields', MINIMAL],
  ['with all fields', FULL],
  ['with explicit nulls', CLEARING],
])('an observed artifact %s, kept lean', (_name, payload) => {
  const { decoded, lean } = leanOf(payload);
  const kept = lean.payload as LeanObserved;

  it('says in every field what was decoded', () => {
    for (const field of FIELDS) expect([field, kept[field]]).toEqual([field, decoded.payload[field]]);
  });

  it('has the card ready that its facts alone come to', () => {
    const change = { observed: 'written', classified: 'kept' } as const;
    expect(kept.freshCard).toEqual(cardOfFacts('a:1', artifactCardV2.evolve(NO_FACTS, decoded, change)));
  });

  it('is merged with what is known as the decoded event is', () => {
    const change = { observed: 'written', classified: 'kept' } as const;
    const known = factsOfCard((leanOf(FULL).lean.payload as LeanObserved).freshCard);
    expect(artifactCardV2.evolve(known, lean, change)).toEqual(artifactCardV2.evolve(known, decoded, change));
  });
});

describe('of the envelope', () => {
  it('only the sequence is kept', () => {
    expect(leanOf(MINIMAL).lean.envelope).toEqual({ sequence: null });
    expect(leanOf(MINIMAL, 7n).lean.envelope).toEqual({ sequence: 7n });
  });
});
