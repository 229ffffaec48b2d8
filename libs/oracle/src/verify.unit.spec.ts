import { DEFAULT_TOPIC_PREFIX, type LogRecord, type RecordToAppend } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import {
  anArtifactObserved,
  anArtifactRetracted,
  anIngestionCompleted,
  anIngestionStarted,
  aScoreComputed,
  MemoryLog,
  MemoryProjectionStore,
  memoryRows,
  projectLog,
  SeededRandom,
} from '@harvest/testing';
import type { CanonicalRow } from './canonical';
import type { SnapshotToVerify, Table } from './snapshot';
import { verify } from './verify';

const ARTIFACTS = 'signals.artifacts.v1';
const SCORES = 'signals.scores.v1';
const INGESTIONS = 'signals.ingestions.v1';
const at = (record: RecordToAppend, offset: number): LogRecord => ({
  ...record,
  offset: toOffset(offset),
  timestampMs: 1_000_000 + offset,
});
const logOf = (topics: Readonly<Record<string, readonly RecordToAppend[]>>) =>
  new MemoryLog(Object.entries(topics).map(([topic, records]) => ({ topic, partition: 0, records: records.map(at) })));

const NO_ROWS: Readonly<Record<Table, readonly CanonicalRow[]>> = {
  artifact_card: [],
  discovery: [],
  count_by_kind: [],
  count_by_day: [],
  artifact_topic: [],
  topic_figures: [],
  topic_day: [],
  artifact_entity: [],
  entity_figures: [],
  ingestion: [],
};

function snapshotOf(
  log: MemoryLog,
  parts: Partial<Omit<SnapshotToVerify, 'rows'>> & { rows?: Partial<typeof NO_ROWS> } = {},
): SnapshotToVerify {
  const { rows = {}, ...others } = parts;
  return {
    positions: log.partitions.map(({ topic, partition, records }) => ({
      topic,
      partition,
      firstOffset: 0n,
      nextOffset: toOffset(records.length),
    })),
    corrections: [],
    setAside: [],
    conflictingKeys: [],
    ...others,
    async *rows(table) {
      yield await Promise.resolve(rows[table] ?? NO_ROWS[table]);
    },
  };
}

const check = (log: MemoryLog, parts: Parameters<typeof snapshotOf>[1] = {}) =>
  verify({ topicPrefix: DEFAULT_TOPIC_PREFIX, log, snapshot: snapshotOf(log, parts) });

const DISCOVERY = {
  artifact_id: 'a',
  source: 'arxiv',
  artifact_type: 'paper',
  published_ms: String(Date.UTC(2024, 1)),
  published_precision: 2,
  first_seen_ms: '1000000',
  discovery_score: 712_500,
  novelty: 0,
  emergence: 1_000_000,
  obscurity: 333_333,
  computed_at_ms: String(Date.UTC(2026, 0, 2, 3, 4, 5)),
  model: 'demo-1',
  // (ln 71.25 + 1706745600000 / (336 · 3600000)) · 10⁶ = (4.266195 + 1411) · 10⁶
  hot: '1415266195',
  visible: true,
  guards: 0b01_00_01,
  observed_floor: null,
  classified_floor: null,
  scored_floor: null,
};
const plain = {
  artifactId: 'a',
  source: 'arxiv',
  artifactType: 'paper' as const,
  title: 'T',
  publishedAt: '2024-02-17',
  publishedPrecision: 'month' as const,
};
const observed = anArtifactObserved({
  ...plain,
  text: null,
  url: null,
  authors: null,
  topics: null,
  references: null,
  metrics: null,
  attributes: null,
});
const score = aScoreComputed({ artifactId: 'a' });

const ROWS = {
  artifact_card: [
    {
      artifact_id: 'a',
      card: '"artifactId":"a","source":"arxiv","artifactType":"paper","title":"T","publishedAt":"2024-02-17","publishedPrecision":"month"',
      detail: '',
    },
  ],
  discovery: [DISCOVERY],
  count_by_kind: [{ source: 'arxiv', artifact_type: 'paper', artifacts: '1', discoveries: '1' }],
  count_by_day: [{ source: 'arxiv', artifact_type: 'paper', day: 19_754, precision: 2, artifacts: '1', discoveries: '1' }],
};

describe('verify', () => {
  const log = logOf({ [ARTIFACTS]: [observed.record], [SCORES]: [score.record], [INGESTIONS]: [] });

  it('agrees with rows worked out by hand from one artifact and its score', async () => {
    expect(await check(log, { rows: ROWS })).toMatchObject({ differences: [], ok: true, records: 2 });
  });

  it('shows a difference with the expected value, the actual one and the events that made the row', async () => {
    const report = await check(log, { rows: { ...ROWS, discovery: [{ ...DISCOVERY, novelty: 1 }] } });
    expect(report.ok).toBe(false);
    expect(report.differences).toEqual([
      {
        table: 'discovery',
        key: 'a',
        kind: 'different',
        columns: [{ column: 'novelty', expected: 0, actual: 1 }],
        events: [
          { topic: ARTIFACTS, partition: 0, offset: 0n, type: 'artifact.observed' },
          { topic: SCORES, partition: 0, offset: 0n, type: 'score.computed' },
        ],
      },
    ]);
  });

  it('takes a column that only one side has for a difference', async () => {
    const { model: _left, ...without } = DISCOVERY;
    const report = await check(log, { rows: { ...ROWS, discovery: [{ ...without, colour: 'red' }] } });
    expect(report.differences[0]?.columns.map(({ column }) => column)).toEqual(['model', 'colour']);
  });

  it('reduces to exactly the checkpoints: what lies beyond them is not read', async () => {
    const longer = logOf({ [ARTIFACTS]: [observed.record, anArtifactRetracted({ artifactId: 'a' }).record], [SCORES]: [score.record] });
    const positions = [ARTIFACTS, SCORES].map((topic) => ({ topic, partition: 0, firstOffset: 0n, nextOffset: toOffset(1) }));
    expect(await check(longer, { positions, rows: ROWS })).toMatchObject({ ok: true, records: 2 });
    expect(await check(longer, { rows: ROWS })).toMatchObject({ ok: false });
  });

  it('keeps the row of a retracted artifact, without its facts, and takes it out of the counts', async () => {
    const retracted = logOf({
      [ARTIFACTS]: [observed.record, anArtifactRetracted({ artifactId: 'a' }, { sequence: 3 }).record],
      [SCORES]: [score.record],
    });
    const nothing = { source: null, artifact_type: null, published_ms: null, published_precision: null, first_seen_ms: null };
    const row = { ...DISCOVERY, ...nothing, hot: null, visible: false, guards: 0b01_00_00, observed_floor: '3', classified_floor: '3' };
    expect(await check(retracted, { rows: { discovery: [row] } })).toMatchObject({ ok: true, differences: [] });
  });

  it('leaves keys out that came in two partitions, and their share of the sums', async () => {
    const named = anArtifactObserved({ ...plain, topics: [{ name: 'NLP' }], authors: [{ name: 'Ada' }] });
    const other = anArtifactObserved({ ...plain, artifactId: 'b', topics: [{ name: 'NLP' }], authors: [{ name: 'Ada' }] });
    const twice = new MemoryLog([
      { topic: ARTIFACTS, partition: 0, records: [named.record, other.record].map(at) },
      { topic: ARTIFACTS, partition: 1, records: [at(named.record, 0)] },
      { topic: SCORES, partition: 0, records: [at(score.record, 0)] },
    ]);
    const store = new MemoryProjectionStore();
    await projectLog(twice, store, { random: new SeededRandom(1) });
    const rows = memoryRows(store);
    const [spoilt] = rows.discovery.splice(0, 1, { ...rows.discovery[0]!, novelty: 77 });
    expect(spoilt?.['artifact_id']).toBe('a');
    const report = await check(twice, { rows });
    expect(report).toMatchObject({ ok: true, excludedKeys: 1 });
    expect(report.tables.map(({ table, compared, excluded }) => [table, compared, excluded])).toEqual([
      ['artifact_card', 1, 1],
      ['discovery', 1, 1],
      ['count_by_kind', 1, 0],
      ['count_by_day', 1, 0],
      ['artifact_topic', 1, 1],
      ['topic_figures', 1, 0],
      ['topic_day', 1, 0],
      ['artifact_entity', 1, 1],
      ['entity_figures', 1, 0],
      ['ingestion', 0, 0],
    ]);
    const sums = rows.topic_figures.map((row) => ({ ...row, artifacts: '3' }));
    expect(await check(twice, { rows: { ...rows, topic_figures: sums } })).toMatchObject({ ok: false, differing: 1 });
    const figures = rows.entity_figures.map((row) => ({ ...row, artifacts: '3' }));
    expect(await check(twice, { rows: { ...rows, entity_figures: figures } })).toMatchObject({ ok: false, differing: 1 });
  });

  it('knows an ingestion by its own events, the manifest as the completion gave it', async () => {
    const started = anIngestionStarted({ ingestionId: 'i', source: 'arxiv', expected: 5 });
    const manifest = { [ARTIFACTS]: { '0': 3 } };
    const completed = anIngestionCompleted({ ingestionId: 'i', source: 'arxiv', counts: { 'artifact.observed': 4 }, manifest });
    const row = {
      ...{ ingestion_id: 'i', state: 'completed', source: 'arxiv', expected: '5', counts: '{"artifact.observed":4}' },
      ...{ manifest: JSON.stringify(manifest), error: null, started_ms: '1000000', progressed_ms: null, ended_ms: '1000001' },
      ...{ guards: 0b00_01_00_01, started_floor: null, progressed_floor: null, completed_floor: null, failed_floor: null },
    };
    const ingestions = logOf({ [INGESTIONS]: [started.record, completed.record] });
    expect(await check(ingestions, { rows: { ingestion: [row] } })).toMatchObject({ ok: true, differences: [] });
  });

  it('refuses a log that no longer reaches back', async () => {
    const positions = [{ topic: ARTIFACTS, partition: 0, firstOffset: 0n, nextOffset: toOffset(1) }];
    const ranges = () => Promise.resolve([{ topic: ARTIFACTS, partition: 0, startOffset: toOffset(1), endOffset: toOffset(9) }]);
    const cut = { ranges, read: log.read.bind(log) };
    const verifying = verify({ topicPrefix: DEFAULT_TOPIC_PREFIX, log: cut, snapshot: snapshotOf(log, { positions }) });
    await expect(verifying).rejects.toMatchObject({ code: 'log-history-lost' });
  });

  it('refuses a log that ends before the checkpoint', async () => {
    const positions = [{ topic: ARTIFACTS, partition: 0, firstOffset: 0n, nextOffset: toOffset(2) }];
    await expect(check(log, { positions })).rejects.toMatchObject({ code: 'log-behind-checkpoint' });
  });

  it('refuses checkpoints of topics under another prefix', async () => {
    const verifying = verify({ topicPrefix: 'other.', log, snapshot: snapshotOf(log) });
    await expect(verifying).rejects.toMatchObject({ code: 'topic-unknown' });
  });
});

describe('dead letters', () => {
  const broken = { ...observed.record, value: Buffer.from('{') };
  const log = logOf({ [ARTIFACTS]: [broken, observed.record], [SCORES]: [score.record] });
  const stub = {
    ...{ ...DISCOVERY, source: null, artifact_type: null, published_ms: null, published_precision: null, first_seen_ms: null },
    ...{ hot: null, visible: false, guards: 0b01_00_00 },
  };
  const aside = (offset: number, kind: 'poison' | 'waiting') => ({ topic: ARTIFACTS, partition: 0, offset: BigInt(offset), kind });
  const findingsOf = async (parts: Parameters<typeof snapshotOf>[1]) =>
    (await check(log, parts)).findings.map(({ kind, offset }) => [kind, offset]);

  it('hold the poison and what waits behind it: neither is in a row', async () => {
    const report = await check(log, { setAside: [aside(0, 'poison'), aside(1, 'waiting')], rows: { discovery: [stub] } });
    expect(report).toMatchObject({ ok: true, ends: { 'set-aside': 2, projected: 1 } });
  });

  it('must hold every record that can never succeed', async () => {
    expect(await findingsOf({})).toEqual([
      ['poison-not-set-aside', 0n],
      ['applied-past-poison', 1n],
    ]);
  });

  it('are no excuse for a good record that waits behind nothing', async () => {
    const good = logOf({ [ARTIFACTS]: [observed.record] });
    expect((await check(good, { setAside: [aside(0, 'waiting')] })).findings).toMatchObject([{ kind: 'waits-behind-nothing', offset: 0n }]);
  });

  it('must stand in the log', async () => {
    const setAside = [aside(0, 'poison'), aside(1, 'waiting'), aside(9, 'waiting')];
    expect(await findingsOf({ setAside, rows: { discovery: [stub] } })).toEqual([['set-aside-outside-log', 9n]]);
  });

  it('let later events pass where poison is skipped', async () => {
    const snapshot = snapshotOf(log, {
      setAside: [aside(0, 'poison')],
      rows: { ...ROWS, discovery: [{ ...DISCOVERY, first_seen_ms: '1000001' }] },
    });
    expect(await verify({ topicPrefix: DEFAULT_TOPIC_PREFIX, log, snapshot, onPoison: () => 'skip' })).toMatchObject({ ok: true });
    expect(await verify({ topicPrefix: DEFAULT_TOPIC_PREFIX, log, snapshot })).toMatchObject({ ok: false });
  });

  it('are obeyed when a correction says to skip: the key goes on', async () => {
    const corrections = [{ topic: ARTIFACTS, partition: 0, offset: 0n, value: null }];
    const report = await check(log, { corrections, rows: { ...ROWS, discovery: [{ ...DISCOVERY, first_seen_ms: '1000001' }] } });
    expect(report).toMatchObject({ ok: true, ends: { skipped: 1, projected: 2 } });
  });

  it('are obeyed when a correction brings other bytes', async () => {
    const corrections = [{ topic: ARTIFACTS, partition: 0, offset: 0n, value: observed.record.value }];
    expect(await check(log, { corrections, rows: ROWS })).toMatchObject({ ok: true, ends: { projected: 3 } });
  });
});
