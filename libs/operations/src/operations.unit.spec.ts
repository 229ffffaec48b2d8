import type { LogAdmin, PartitionRange, TopicSpec } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import type { Checkpoint, ParkedKey } from '@harvest/read-models';
import { RedriveOperation } from './dead-letters/redrive.operation';
import { LagOperation } from './positions/lag.operation';
import { silentProgress } from './ports/progress-sink.port';
import { allTopics, CreateTopicsOperation, ListTopicsOperation, RegrowTopicOperation } from './topics/topics.operation';

function admin(specs: readonly TopicSpec[], ranges: readonly PartitionRange[] = []) {
  const created: TopicSpec[] = [];
  const log: LogAdmin = {
    createTopics: (wanted) => {
      const missing = wanted.filter(({ topic }) => !specs.some((spec) => spec.topic === topic));
      created.push(...missing);
      return Promise.resolve(missing.map(({ topic }) => topic));
    },
    describeTopics: (topics) => Promise.resolve(specs.filter(({ topic }) => topics.includes(topic))),
    ranges: (topics) => Promise.resolve(ranges.filter(({ topic }) => topics.includes(topic))),
    ping: () => Promise.resolve(),
  };
  return { log, created };
}
const scores: TopicSpec = { topic: 's.scores.v1', partitions: 2, retentionMs: -1 };
const range = (partition: number, end: number): PartitionRange => ({
  topic: scores.topic,
  partition,
  startOffset: toOffset(0),
  endOffset: toOffset(end),
});
function checkpoint(partition: number, next: number): Checkpoint {
  const place = { topic: scores.topic, partition, nextOffset: toOffset(next), firstOffset: toOffset(0) };
  return { ...place, epoch: 1n, owner: 'me', parkedKeys: 3, lastRecord: null, partitionCount: 2, layout: 1 };
}

describe('topics', () => {
  it('are created when they are missing, to be kept for ever, dead letters too', async () => {
    const { log, created } = admin([scores]);
    const result = await new CreateTopicsOperation(log).run({ topicPrefix: 's.', partitions: 5 });
    expect(result).toEqual({ created: allTopics('s.').filter((topic) => topic !== scores.topic), existing: [scores.topic] });
    expect(created).toContainEqual({ topic: 's.dead-letters.v1', partitions: 5, retentionMs: -1 });
  });

  it('are listed with what is wrong with them', async () => {
    const { log } = admin([scores, { topic: 's.artifacts.v1', partitions: 1, retentionMs: 7 * 86_400_000 }], [range(0, 3), range(1, 4)]);
    const listed = new Map((await new ListTopicsOperation(log).run('s.')).map((standing) => [standing.topic, standing]));
    expect(listed.get(scores.topic)).toMatchObject({ records: 7n, warnings: [] });
    expect(listed.get('s.artifacts.v1')?.warnings).toEqual([expect.stringContaining('forgets after 7 days')]);
    expect(listed.get('s.entities.v1')).toMatchObject({ spec: null, records: null, warnings: [expect.stringContaining('does not exist')] });
  });

  it.each([
    ['one of ours', scores.topic, 'regrow-refused'],
    ['one that is missing', 's.artifacts.v1', 'topic-missing'],
    ['one of somebody else', 'x.scores.v1', 'topic-unknown'],
  ])('are not regrown: %s', async (_name, topic, code) => {
    await expect(new RegrowTopicOperation(admin([scores]).log).run('s.', topic)).rejects.toMatchObject({ code });
  });

  it('are not regrown, and the ways out are said that there are', async () => {
    const refused = new RegrowTopicOperation(admin([scores]).log).run('s.', scores.topic);
    await expect(refused).rejects.toThrow(/harvest generations start.*another TOPIC_PREFIX.*docs\/operations, "A topic that grew"/s);
  });
});

describe('the lag', () => {
  const lagOf = (ranges: readonly PartitionRange[], checkpoints: readonly Checkpoint[]) =>
    new LagOperation(admin([scores], ranges).log, { loadCheckpoints: () => Promise.resolve(checkpoints) }).run(
      { generation: 1, schema: 'read_1' },
      's.',
    );

  it('is the end less the next offset, in all partitions', async () => {
    const report = await lagOf([range(1, 20), range(0, 10)], [checkpoint(0, 10), checkpoint(1, 5)]);
    expect(report.partitions.map(({ partition, lagRecords }) => [partition, lagRecords])).toEqual([
      [0, 0n],
      [1, 15n],
    ]);
    expect(report.totalRecords).toBe(15n);
  });

  it.each([
    ['no checkpoint is known', [range(0, 10), range(1, 10)], [checkpoint(0, 10)]],
    ['the log does not have the partition', [range(0, 10)], [checkpoint(0, 10), checkpoint(1, 10)]],
    ['nothing is there', [], []],
  ])('is unknown, not 0, when %s', async (_name, ranges, checkpoints) => {
    await expect(lagOf(ranges, checkpoints)).resolves.toMatchObject({ totalRecords: null });
  });
});

describe('redriving', () => {
  it('takes each parked key and adds up what became of it', async () => {
    const keys: readonly ParkedKey[] = ['a', 'b'].map((key) => ({
      generation: 1,
      topic: 't',
      partition: 0,
      key: Buffer.from(key),
      sinceMs: 0,
      waiting: 2,
    }));
    const letters = {
      parkedKeys: () => Promise.resolve(keys),
      redriveKey: ({ key }: { key: Buffer | null }) =>
        Promise.resolve(key?.toString() === 'a' ? { drained: 3, remaining: 0 } : { drained: 0, remaining: 2 }),
    };
    const planner = { plan: () => Promise.reject(new Error('not asked')) } as never;
    await expect(new RedriveOperation(letters, planner, silentProgress).run({}, 10)).resolves.toEqual({
      keys: 2,
      released: 1,
      drained: 3,
      remaining: 2,
    });
  });
});
