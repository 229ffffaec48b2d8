import { toOffset } from '@harvest/kernel';
import { serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { KafkaBench } from '../contract/kafka-bench';
import { numbered, readAll, record, recordIn, STOP_TIMEOUT_MS } from '../contract/log-bench';
import { RecordingHandlers, until } from '../contract/recording-handlers';

let bench: KafkaBench;

beforeAll(() => {
  bench = new KafkaBench(serviceAddress('kafka'), uniqueTopicPrefix());
});
afterEach(() => bench.stopConsumers());
afterAll(() => bench.close());

/** By a member's commit; kafkajs's `setOffsets` takes 5 s. */
async function setGroupPosition(groupId: string, topic: string, offset: number): Promise<void> {
  const consumer = bench.newConsumer([topic], groupId);
  const handlers = new RecordingHandlers();
  await consumer.start(handlers);
  await until('an assignment', () => handlers.heartbeats.length > 0);
  await consumer.commit([{ topic, partition: 0, nextOffset: toOffset(offset) }]);
  await consumer.stop(STOP_TIMEOUT_MS);
  const admin = await bench.admin();
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  expect(committed?.partitions[0]?.offset).toBe(`${offset}`);
}

describe('where consuming starts', () => {
  it('checkpoint 100, group position 150, log start 0: the first batch starts at 100', async () => {
    const topic = await bench.newTopic();
    await bench.log.append(numbered(topic, 200));
    await setGroupPosition(`${topic}.group`, topic, 150);
    const handlers = await bench.record(topic, [{ topic, partition: 0, nextOffset: toOffset(100) }], `${topic}.group`);
    await until('100 records', () => handlers.records().length >= 100);
    expect(handlers.batches[0]).toMatchObject({ fetchedOffset: 100n });
    expect(handlers.records()[0]?.offset).toBe(100n);
    expect(handlers.records()).toHaveLength(100);
  });

  it("checkpoint below, group position at the log's end: the hole is fetched at once, not with the next publication", async () => {
    const topic = await bench.newTopic();
    await bench.log.append(numbered(topic, 50));
    await setGroupPosition(`${topic}.group`, topic, 50);
    const handlers = await bench.record(topic, [{ topic, partition: 0, nextOffset: toOffset(20) }], `${topic}.group`);
    await until('30 records', () => handlers.records().length === 30);
    expect(handlers.records()[0]?.offset).toBe(20n);
  });

  it('a partition without a checkpoint starts at the log start, whatever the group position says', async () => {
    const topic = await bench.newTopic();
    await bench.log.append(numbered(topic, 30));
    await setGroupPosition(`${topic}.group`, topic, 30);
    const handlers = await bench.record(topic, [], `${topic}.group`);
    await until('30 records', () => handlers.records().length === 30);
    expect(handlers.batches[0]).toMatchObject({ fetchedOffset: 0n });
  });

  it('a position that the log no longer holds: kafkajs resets without an error, and fetchedOffset tells', async () => {
    const topic = await bench.newTopic();
    await bench.log.append(numbered(topic, 200));
    const admin = await bench.admin();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '150' }] });
    const handlers = await bench.record(topic, [{ topic, partition: 0, nextOffset: toOffset(100) }], `${topic}.group`);
    await until('50 records', () => handlers.records().length === 50);
    expect(handlers.batches[0]).toMatchObject({ fetchedOffset: 150n });
    await expect(bench.log.ranges([topic])).resolves.toMatchObject([{ startOffset: 150n, endOffset: 200n }]);
    const reading = bench.log.read({ topic, partition: 0, from: toOffset(100), to: toOffset(200) });
    await expect(reading[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'offset-out-of-range' });
  });
});

describe('transactions of others', () => {
  it('end offset 4, records stop at 2: the position follows the control records to 4', async () => {
    const topic = await bench.newTopic();
    await bench.log.append(numbered(topic, 2));
    const handlers = await bench.record(topic, [], `${topic}.group`);
    await until('both records', () => handlers.reached(0) === 2n);
    const producer = await bench.producer(`${topic}.tx`);
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'k', value: 'aborted' }] });
    await transaction.abort();
    await until('the end offset', () => handlers.reached(0) === 4n);
    expect(handlers.values()).toEqual(['v0', 'v1']);
    expect(handlers.idleAdvances.every(({ fetchedOffset, nextOffset }) => fetchedOffset < nextOffset)).toBe(true);
    expect(handlers.idleAdvances[0]?.fetchedOffset).toBe(2n);
    await expect(readAll(bench.log, topic, 0)).resolves.toHaveLength(2);
  });

  it('shows committed records in their order and never aborted ones', async () => {
    const topic = await bench.newTopic();
    const producer = await bench.producer(`${topic}.tx`);
    for (const [value, end] of [
      ['a', 'commit'],
      ['b', 'abort'],
      ['c', 'commit'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ key: 'k', value }] });
      await transaction[end]();
    }
    const handlers = await bench.record(topic, [], `${topic}.group`);
    await until('the end', () => handlers.reached(0) === 6n);
    expect(handlers.values()).toEqual(['a', 'c']);
  });
});

describe('groups', () => {
  it('a second member takes over partitions: revoked, assigned under a higher number, everything back when it leaves', async () => {
    const topic = await bench.newTopic(4);
    const groupId = `${topic}.shared`;
    const first = await bench.record(topic, [], groupId);
    await until('the first assignment', () => first.assignments.length === 1);
    const secondConsumer = bench.newConsumer([topic], groupId);
    const second = new RecordingHandlers();
    await secondConsumer.start(second);
    await until('both share', () => first.assignments.at(-1)?.length === 2 && second.assignments.at(-1)?.length === 2);
    expect(first.story.indexOf('revoked 1')).toBeGreaterThan(first.story.indexOf('assigned 1'));
    expect(first.story.indexOf('revoked 1')).toBeLessThan(first.story.indexOf('assigned 2'));
    await secondConsumer.stop(5_000);
    await until('all four again', () => first.assignments.at(-1)?.length === 4);
    await bench.log.append([0, 1, 2, 3].map((partition) => recordIn(partition, topic, 'v')));
    await until('a record of each partition', () => new Set(first.batches.map(({ partition }) => partition)).size === 4);
    expect(first.batches.every(({ assignment }) => assignment === first.assignments.length)).toBe(true);
  });

  it('a partition paused before a rebalance is fetched again after it: a new assignment starts unpaused', async () => {
    const topic = await bench.newTopic(1);
    const groupId = `${topic}.paused`;
    const consumer = bench.newConsumer([topic], groupId);
    const handlers = new RecordingHandlers();
    await consumer.start(handlers);
    await until('the assignment', () => handlers.assignments.length === 1);
    consumer.pause({ topic, partition: 0 });
    await bench.log.append([recordIn(0, topic, 'v')]);
    const visitor = bench.newConsumer([topic], groupId);
    await visitor.start(new RecordingHandlers());
    await until('a rejoin', () => handlers.assignments.length >= 2);
    await visitor.stop(STOP_TIMEOUT_MS);
    await until('the record', () => handlers.records().length >= 1);
    expect(handlers.batches[0]?.assignment).toBeGreaterThan(1);
  });
});

describe('topics that go away', () => {
  it('one deleted topic fails its own appends, with what to do, and no others; created again, it takes them again', async () => {
    const [doomed, healthy] = [await bench.newTopic(), await bench.newTopic()];
    await bench.log.append([record(doomed, 'k', 'v'), record(healthy, 'k', 'v')]);
    const admin = await bench.admin();
    await admin.deleteTopics({ topics: [doomed] });
    const both = bench.log.append([record(doomed, 'k', 'v'), record(healthy, 'k', 'v2')]);
    await expect(both).rejects.toMatchObject({ code: 'topic-missing' });
    await expect(bench.log.append([record(healthy, 'k', 'v3')])).resolves.toHaveLength(1);
    const values = (await readAll(bench.log, healthy, 0)).map(({ value }) => value?.toString());
    expect(values).toEqual(['v', 'v2', 'v3']);
    await bench.log.createTopics([{ topic: doomed, partitions: 1, retentionMs: -1 }]);
    await expect(bench.log.append([record(doomed, 'k', 'v')])).resolves.toEqual([{ topic: doomed, partition: 0, offset: 0n }]);
  });

  it('reports a finite retention, which would make a rebuild impossible', async () => {
    const topic = `${bench.prefix}short`;
    await bench.log.createTopics([{ topic, partitions: 1, retentionMs: 86_400_000 }]);
    await expect(bench.log.describeTopics([topic])).resolves.toMatchObject([{ retentionMs: 86_400_000 }]);
  });
});
