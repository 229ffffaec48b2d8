import { DEFAULT_TOPIC_PREFIX, topicName } from '@harvest/contracts';
import type { LogRecord, PartitionRange, RecordToAppend, TopicFamily, TopicPartition } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';
import { anEvent, aTombstone, type Surroundings } from '../builders/events';
import { SeededRandom } from '../simulation/seeded-random';

export interface RandomLogOptions {
  readonly seed: number;
  readonly records: number;
  /** Fewer subjects: more events of each. */
  readonly subjects: number;
  /** Records that can never succeed, of some keys. */
  readonly poison?: boolean;
}

interface Partition extends TopicPartition {
  readonly records: LogRecord[];
}

const FAMILIES = ['artifacts', 'scores', 'ingestions', 'relationships'] as const;
const PARTITIONS = 2;
const FIRST_MS = Date.UTC(2026, 0, 1);

/** A log in memory that readers and verifiers can read. */
export class MemoryLog {
  constructor(readonly partitions: readonly Partition[]) {}

  ranges(topics: readonly string[]): Promise<readonly PartitionRange[]> {
    const found = this.partitions.filter(({ topic }) => topics.includes(topic));
    return Promise.resolve(
      found.map(({ topic, partition, records }) => ({ topic, partition, startOffset: toOffset(0), endOffset: toOffset(records.length) })),
    );
  }

  async *read(range: TopicPartition & { from: Offset; to: Offset }): AsyncIterable<readonly LogRecord[]> {
    const found = this.partitions.find(({ topic, partition }) => topic === range.topic && partition === range.partition);
    for (let from = Number(range.from); from < Number(range.to); from += 64) {
      yield await Promise.resolve(found?.records.slice(from, Math.min(from + 64, Number(range.to))) ?? []);
    }
  }
}

/** A seeded stream with everything that the rules of order decide: lives and deaths, sequences, partial facts, nulls, poison. */
export function randomLog(options: RandomLogOptions): MemoryLog {
  const random = new SeededRandom(options.seed);
  const partitions = FAMILIES.flatMap((family) =>
    Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: topicName(DEFAULT_TOPIC_PREFIX, family),
      partition,
      records: [] as LogRecord[],
    })),
  );
  for (let index = 0; index < options.records; index += 1) {
    const family = random.pick(['artifacts', 'artifacts', 'artifacts', 'scores', 'scores', 'ingestions', 'relationships'] as const);
    const subject = random.below(options.subjects);
    const record = randomRecord(random, { family, subject, poison: options.poison ?? false });
    const home = partitions.find(({ topic, partition }) => topic === record.topic && partition === subject % PARTITIONS);
    home?.records.push(asKept(record, home.records.length, FIRST_MS + index * 1000));
  }
  return new MemoryLog(partitions);
}

function asKept({ key, value, headers }: RecordToAppend, offset: number, timestampMs: number): LogRecord {
  return { offset: toOffset(offset), timestampMs, key, value, headers };
}

interface Draw {
  readonly family: TopicFamily;
  readonly subject: number;
  readonly poison: boolean;
}

function randomRecord(random: SeededRandom, draw: Draw): RecordToAppend {
  const record = randomEvent(random, draw);
  const isSpoilt = draw.poison && draw.subject % 5 === 0 && random.chance(0.15);
  if (isSpoilt) return { ...record, value: Buffer.from('{"artifactId": ') };
  return random.chance(0.02)
    ? { ...record, headers: { ...record.headers, ce_type: Buffer.from('harvester.artifact.praised.v1') } }
    : record;
}

function randomEvent(random: SeededRandom, { family, subject }: Draw): RecordToAppend {
  if (family === 'artifacts') return randomArtifactEvent(random, `artifact:${subject}`, around(random, subject));
  if (family === 'scores') return randomScore(random, `artifact:${subject}`, around(random, subject));
  if (family === 'ingestions') return randomIngestionEvent(random, `ingestion:${subject}`, around(random, subject));
  const source = `artifact:${subject}`;
  return anEvent('relationship.detected', { source, target: 'artifact:0', type: 'cite', confidence: 1, method: 'declared' }).record;
}

/** A third of the subjects carry sequences always, a third sometimes, a third never. */
function around(random: SeededRandom, subject: number): Surroundings {
  const carries = subject % 3 === 0 || (subject % 3 === 1 && random.chance(0.3));
  const id = `e-${random.below(1e9)}`;
  return carries ? { id, sequence: random.below(12) } : { id };
}

function randomArtifactEvent(random: SeededRandom, artifactId: string, surroundings: Surroundings): RecordToAppend {
  const kind = random.below(20);
  if (kind < 2) return aTombstone(artifactId).record;
  if (kind < 4) return anEvent('artifact.retracted', { artifactId }, surroundings).record;
  if (kind < 8) return anEvent('artifact.classified', { artifactId, ...randomClassification(random) }, surroundings).record;
  return anEvent('artifact.observed', { artifactId, ...randomObservation(random) }, surroundings).record;
}

/** Missing, null, or one of the values; the sample's own value never shows through. */
function some<T>(random: SeededRandom, values: readonly T[]): T | null | undefined {
  return random.chance(0.3) ? undefined : random.chance(0.2) ? null : random.pick(values);
}

/** One person in several spellings, by an id too, and twice in one list. */
const RANDOM_AUTHORS = [
  [{ name: 'Ada' }],
  [{ name: 'Grace', handle: 'g' }, { name: 'Alan' }, { name: 'ｇrace' }],
  [{ name: 'Ada L.', entityId: 'person:1' }, { name: 'A. L.', entityId: 'person:1' }, { name: 'x'.repeat(3000) }],
];

/** One topic in several spellings, twice in one list, with and without a path. */
const RANDOM_TOPICS = [
  [],
  [{ name: 'rl', confidence: 0.25 }],
  [{ name: 'ＲＬ', taxonomyPath: 'ai/ml/rl', confidence: 0.25 }, { name: 'NLP' }, { name: 'nlp', confidence: 1 }],
  [{ name: 'graph   networks' }, { name: 'Graph networks', confidence: 0.5 }, { name: '😀' }, { name: 'x'.repeat(3000) }],
];

function randomObservation(random: SeededRandom) {
  return {
    source: random.pick(['arxiv', 'github', 'acl-anthology']),
    artifactType: random.pick(['paper', 'repository'] as const),
    title: `title ${random.below(1000)} 𝒳 "quoted"`,
    text: some(random, ['a text', 'another \u2028 text']),
    url: some(random, ['https://example.org/1', 'https://example.org/2']),
    publishedAt: some(random, ['2024', '2024-02', '2024-02-29', '2023-12-31T23:59:59.5-02:00', '1969-07-20']),
    publishedPrecision: some(random, ['day', 'month', 'year'] as const),
    authors: some(random, RANDOM_AUTHORS),
    topics: some(random, RANDOM_TOPICS),
    references: some(random, [['artifact:1'], ['artifact:2', 'artifact:3']]),
    metrics: some(random, [{ stars: random.below(50) }, {}]),
    attributes: some(random, [{ b: 1, a: { z: null, y: [1.5, 'x'] } }]),
  };
}

function randomClassification(random: SeededRandom) {
  return {
    category: some(random, ['research', 'engineering']),
    sentiment: some(random, ['positive', 'neutral']),
    urgency: some(random, [0, 1, 2, 3]),
    tags: some(random, [[], ['new', 'hot']]),
    topics: some(random, [[{ name: 'nlp', taxonomyPath: 'ai/nlp' }], [{ name: 'RL', confidence: 0.9 }, { name: '強化学習' }]]),
    entities: some(random, [{ people: ['Ada', 'ADA  '], labs: ['Bell'] }, { orgs: ['Bell', ''] }, {}]),
    reasoning: some(random, ['because']),
  };
}

function randomScore(random: SeededRandom, artifactId: string, surroundings: Surroundings): RecordToAppend {
  const score = () => random.below(1_000_001) / 10_000;
  const fields = {
    discoveryScore: random.chance(0.1) ? 0 : score(),
    novelty: some(random, [score()]),
    emergence: some(random, [score()]),
    obscurity: some(random, [score()]),
    computedAt: some(random, ['2026-01-02T03:04:05.678+01:00']),
    model: some(random, ['m-1', 'm-2']),
  };
  return anEvent('score.computed', { artifactId, ...fields }, surroundings).record;
}

function randomIngestionEvent(random: SeededRandom, ingestionId: string, surroundings: Surroundings): RecordToAppend {
  const kind = random.below(4);
  const counts = { 'artifact.observed': random.below(100) };
  if (kind === 0)
    return anEvent('ingestion.started', { ingestionId, source: 'arxiv', expected: some(random, [10, 20]) }, surroundings).record;
  if (kind === 1) return anEvent('ingestion.progressed', { ingestionId, counts }, surroundings).record;
  if (kind === 2) return anEvent('ingestion.failed', { ingestionId, error: `broken pipe ${random.below(9)}` }, surroundings).record;
  const manifest = { [topicName(DEFAULT_TOPIC_PREFIX, 'artifacts')]: { '1': random.below(50), '0': random.below(50) } };
  const fields = { source: 'github', counts: some(random, [counts]), manifest: some(random, [manifest]) };
  return anEvent('ingestion.completed', { ingestionId, ...fields }, surroundings).record;
}
