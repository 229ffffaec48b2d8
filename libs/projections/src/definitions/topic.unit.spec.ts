import type { DiscoveryRow } from '@harvest/read-models';
import { eventOf, factAt, tombstoneOf } from '@harvest/testing';
import { artifactCardV2, cardOfFacts, NO_FACTS } from './artifact-card.v2.projection';
import { discoveryV1 } from './discovery.v1.projection';
import { parseTopics, topicsText } from './topic-mentions';
import { topicV1 } from './topic.v1.projection';

const DAY = 19_770;
const PUBLISHED_MS = DAY * 86_400_000;
const observed = (payload: object = {}) =>
  eventOf('artifact.observed', {
    ...{ artifactId: 'a', source: 's', artifactType: 'paper', title: 'T', publishedAt: '2024-02-17' },
    ...{ topics: [{ name: 'Graph  Networks', taxonomyPath: 'ai/graphs', confidence: 0.25 }] },
    ...payload,
  });
const classified = (topics: { name: string }[]) => eventOf('artifact.classified', { artifactId: 'a', topics });
const scored = (discoveryScore: number) => eventOf('score.computed', { artifactId: 'a', discoveryScore });

/** The last event's changes, after those before. */
function changes(...events: Parameters<typeof factAt>[0][]) {
  let row: DiscoveryRow | null = null;
  let facts = NO_FACTS;
  let topics = '';
  let last: ReturnType<typeof topicV1.evolve> | undefined;
  events.forEach((event, offset) => {
    const fact = factAt(event, offset);
    const step = discoveryV1.evolve(fact, row);
    facts = artifactCardV2.evolve(facts, fact.event, step);
    const before = row === null ? null : { discovery: row, text: topics };
    topics = cardOfFacts('a', facts).topics;
    const after = { discovery: step.row, text: topics };
    last = topicV1.evolve(before, after);
    expect(topicV1.evolve(after, after)).toEqual({ added: [], removed: [], deltas: [] });
    row = step.row;
  });
  return last;
}

const TOPIC = { topicId: 'name:graph networks', name: 'Graph  Networks', taxonomyPath: 'ai/graphs', confidence: 2_500 };
const MEMBER = { ...TOPIC, artifactId: 'a', publishedMs: PUBLISHED_MS };
const delta = (artifacts: number, discoveries: number, scoreSum: number, at: object = {}) => ({
  ...{ ...TOPIC, day: DAY, precision: 'day', artifacts, discoveries, scoreSum },
  ...at,
});

describe('topics of an artifact', () => {
  it('are its own and its classification’s, one of each, the most confident first, then the smallest name and path', () => {
    const text = topicsText({
      topics: [{ name: 'rl', confidence: 0.3 }, { name: 'ＲＬ', confidence: 0.7 }, { name: 'b' }, { name: ' B ', taxonomyPath: 'x' }],
      classification: { topics: [{ name: 'RL', taxonomyPath: 'ai/rl', confidence: 0.7 }, { name: '強化学習' }] },
    });
    expect(parseTopics(text)).toEqual([
      { topicId: 'name:b', name: ' B ', taxonomyPath: 'x', confidence: 10_000 },
      { topicId: 'name:rl', name: 'RL', taxonomyPath: 'ai/rl', confidence: 7_000 },
      { topicId: 'name:強化学習', name: '強化学習', taxonomyPath: '', confidence: 10_000 },
    ]);
  });

  it('that are too long for a name are none, however they become so', () => {
    const long = 'x'.repeat(171);
    // One letter that stands for eighteen.
    const growing = '\ufdfa'.repeat(10);
    const topics = [{ name: long }, { name: growing }, { name: 'p', taxonomyPath: long }, { name: 'x'.repeat(165) }];
    expect(parseTopics(topicsText({ topics })).map(({ name }) => name)).toEqual(['x'.repeat(165)]);
    expect(topicsText({ topics: [{ name: long }] })).toBe('');
  });

  it('are the same text in whatever order they are named, and none is none', () => {
    const topics = [{ name: 'x' }, { name: 'X', confidence: 0.5 }, { name: '\u{1f600}' }, { name: '\uff5e' }];
    expect(topicsText({ topics: [...topics].reverse() })).toBe(topicsText({ topics }));
    expect(parseTopics(topicsText({ topics })).map(({ topicId }) => topicId)).toEqual(['name:x', 'name:~', 'name:\u{1f600}']);
    expect([topicsText({}), topicsText({ topics: [], classification: {} })]).toEqual(['', '']);
    expect(parseTopics('')).toEqual([]);
  });
});

describe('topic', () => {
  it('an observation joins its topics', () => {
    expect(changes(observed())).toEqual({ added: [MEMBER], removed: [], deltas: [delta(1, 0, 0)] });
  });

  it('nothing of an artifact counts that is not observed', () => {
    expect(changes(classified([{ name: 'x' }]))).toEqual({ added: [], removed: [], deltas: [] });
    expect(changes(scored(5), classified([{ name: 'x' }]))).toEqual({ added: [], removed: [], deltas: [] });
  });

  it('a score adds to the figures and touches no membership; the next adds the difference', () => {
    expect(changes(observed(), scored(71.25))).toEqual({ added: [], removed: [], deltas: [delta(0, 1, 712_500)] });
    expect(changes(observed(), scored(71.25), scored(70))).toEqual({ added: [], removed: [], deltas: [delta(0, 0, -12_500)] });
    expect(changes(observed(), scored(0))).toEqual({ added: [], removed: [], deltas: [delta(0, 1, 0)] });
  });

  it('all at once where the score was first', () => {
    expect(changes(scored(3), observed())).toEqual({ added: [MEMBER], removed: [], deltas: [delta(1, 1, 30_000)] });
  });

  it('a classification adds topics, and takes none of the artifact’s own away', () => {
    const both = changes(observed(), classified([{ name: 'x' }]));
    expect(both?.removed).toEqual([MEMBER]);
    expect(both?.added.map(({ topicId }) => topicId)).toEqual([TOPIC.topicId, 'name:x']);
    expect(both?.deltas.reduce((sum, { artifacts }) => sum + artifacts, 0)).toBe(1);
  });

  it('another date moves the membership and the day; the same day in another precision the day only', () => {
    const moved = { publishedMs: PUBLISHED_MS + 86_400_000 };
    expect(changes(observed(), scored(1), observed({ publishedAt: '2024-02-18' }))).toEqual({
      added: [{ ...MEMBER, ...moved }],
      removed: [MEMBER],
      deltas: [delta(-1, -1, -10_000), delta(1, 1, 10_000, { day: DAY + 1 })],
    });
    const [month, day] = ['2024-02', '2024-02-01'];
    const coarser = changes(observed({ publishedAt: day }), observed({ publishedAt: month }));
    expect(coarser).toMatchObject({
      added: [],
      removed: [],
      deltas: [
        { precision: 'day', artifacts: -1 },
        { precision: 'month', artifacts: 1 },
      ],
    });
  });

  it('a tombstone takes all of it back', () => {
    expect(changes(observed(), scored(2), tombstoneOf('a'))).toEqual({ added: [], removed: [MEMBER], deltas: [delta(-1, -1, -20_000)] });
    expect(changes(observed(), tombstoneOf('a'), scored(2))).toEqual({ added: [], removed: [], deltas: [] });
  });
});
