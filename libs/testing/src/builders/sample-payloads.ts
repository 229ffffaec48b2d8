import type { EventType, PayloadOf } from '@harvest/contracts';

/** One payload of every type, with every field that matters to a round trip. */
const SAMPLES: { readonly [T in EventType]: PayloadOf<T> } = {
  'artifact.observed': {
    artifactId: 'arxiv:hep-th/9711200',
    source: 'arxiv',
    artifactType: 'preprint',
    title: 'The Large N Limit of Superconformal Field Theories — 大N',
    text: null,
    url: 'https://arxiv.org/abs/hep-th/9711200',
    publishedAt: '1997-11',
    publishedPrecision: 'month',
    authors: [{ name: 'J. Maldacena', entityId: 'person:jm' }],
    topics: [{ name: 'strings', taxonomyPath: 'physics/hep', confidence: 0.9 }],
    references: ['arxiv:hep-th/9610043'],
    metrics: { citations: 10 },
    attributes: { venue: 'ATMP', pages: [231, 252] },
  },
  'artifact.classified': {
    artifactId: 'a:1',
    category: 'research',
    sentiment: 'positive',
    urgency: 2,
    tags: ['new'],
    topics: [{ name: 'rl', confidence: 0.5 }],
    entities: { people: ['Ada'], labs: [], orgs: ['ACM'] },
    reasoning: 'because',
  },
  'artifact.retracted': { artifactId: 'a:1', reason: 'withdrawn' },
  'score.computed': {
    artifactId: 'a:1',
    discoveryScore: 71.25,
    novelty: 0,
    emergence: 100,
    obscurity: 33.3333,
    computedAt: '2026-01-02T03:04:05Z',
    model: 'demo-1',
  },
  'relationship.detected': { source: 'a:1', target: 'a:2', type: 'cite', confidence: 0.75, method: 'declared' },
  'relationship.withdrawn': { source: 'a:1', target: 'a:2', type: 'cite' },
  'entity.observed': {
    entityId: 'person:1',
    type: 'person',
    name: 'Ada',
    accounts: [{ platform: 'github', handle: 'ada', followerCount: 3, confidence: 1 }],
  },
  'entity.merged': { from: 'person:1', into: 'person:2' },
  'topic.described': { topicId: 'name:rl', name: 'RL', taxonomyPath: 'ai/ml/rl' },
  'topic.similarity-computed': {
    topicId: 'name:rl',
    related: [{ topicId: 'name:ml', similarity: 0.8 }],
    computedAt: '2026-01-02T03:04:05+01:00',
  },
  'topic.merged': { from: 'name:rl', into: 'name:ml' },
  'topic.split': { from: 'name:ml', into: ['name:rl', 'name:dl'] },
  'ingestion.started': { ingestionId: 'i-1', source: 'arxiv', expected: 10 },
  'ingestion.progressed': { ingestionId: 'i-1', counts: { 'artifact.observed': 5 } },
  'ingestion.completed': {
    ingestionId: 'i-1',
    source: 'arxiv',
    counts: { 'artifact.observed': 10 },
    manifest: { 'signals.artifacts.v1': { '0': 9, '11': 41 } },
  },
  'ingestion.failed': { ingestionId: 'i-1', error: 'upstream closed the connection' },
};

export function samplePayload<T extends EventType>(type: T): PayloadOf<T> {
  return SAMPLES[type];
}
