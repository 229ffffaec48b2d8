import type { EventLog, LogConsumer, LogRecord, RecordToAppend } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import { RecordingHandlers, until } from './recording-handlers';

export interface LogUnderTest {
  readonly log: EventLog;
  /** Names that no other run uses. */
  readonly prefix: string;
}

const SESSION_TIMEOUT_MS = 6_000;
const STOP_TIMEOUT_MS = 5_000;

let topicNumber = 0;

export function record(topic: string, key: string | null, value: string | null, partition?: number): RecordToAppend {
  return {
    topic,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: {},
    ...(partition === undefined ? {} : { partition }),
  };
}

export async function readAll(log: EventLog, topic: string, partition: number): Promise<LogRecord[]> {
  const range = (await log.ranges([topic])).find((entry) => entry.partition === partition);
  if (range === undefined) throw new Error(`${topic}/${partition} has no range`);
  const records: LogRecord[] = [];
  for await (const batch of log.read({ topic, partition, from: range.startOffset, to: range.endOffset })) records.push(...batch);
  return records;
}

/** What both logs promise; called by a spec file per log, on its real service. */
export function describeEventLogContract(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`event log contract: ${name}`, () => {
    let log: EventLog;
    let prefix: string;
    const consumers: LogConsumer[] = [];

    beforeAll(async () => {
      ({ log, prefix } = await open());
    });
    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.stop(STOP_TIMEOUT_MS);
    });

    async function newTopic(partitions: number): Promise<string> {
      const topic = `${prefix}contract-${(topicNumber += 1)}`;
      await log.createTopics([{ topic, partitions, retentionMs: -1 }]);
      return topic;
    }

    function newConsumer(topics: readonly string[], groupId = `${prefix}group-${(topicNumber += 1)}`): LogConsumer {
      const consumer = log.createConsumer({ groupId, topics, sessionTimeoutMs: SESSION_TIMEOUT_MS });
      consumers.push(consumer);
      return consumer;
    }

    async function consume(topic: string, handlers: RecordingHandlers): Promise<LogConsumer> {
      const consumer = newConsumer([topic]);
      await consumer.start(handlers);
      return consumer;
    }

    const numbered = (topic: string, count: number, from = 0) =>
      Array.from({ length: count }, (_, index) => record(topic, `k${index + from}`, `v${index + from}`, 0));

    describe('topics', () => {
      it('creates a topic once and leaves an existing one as it is', async () => {
        const topic = `${prefix}contract-${(topicNumber += 1)}`;
        await expect(log.createTopics([{ topic, partitions: 3, retentionMs: -1 }])).resolves.toEqual([topic]);
        await expect(log.createTopics([{ topic, partitions: 5, retentionMs: -1 }])).resolves.toEqual([]);
        await expect(log.describeTopics([topic])).resolves.toEqual([{ topic, partitions: 3, retentionMs: -1 }]);
      });

      it('describes only topics that exist, in the order asked for', async () => {
        const [first, second] = [await newTopic(1), await newTopic(2)];
        const described = await log.describeTopics([second, `${prefix}none`, first]);
        expect(described.map(({ topic }) => topic)).toEqual([second, first]);
        await expect(log.describeTopics([])).resolves.toEqual([]);
      });

      it('answers ranges of every partition, empty ones too', async () => {
        const topic = await newTopic(2);
        await log.append(numbered(topic, 3));
        await expect(log.ranges([topic])).resolves.toEqual([
          { topic, partition: 0, startOffset: 0n, endOffset: 3n },
          { topic, partition: 1, startOffset: 0n, endOffset: 0n },
        ]);
      });

      it('names the missing topic and says what to do', async () => {
        const missing = `${prefix}missing`;
        const failure = { code: 'topic-missing', message: expect.stringContaining('harvest topics create') as string };
        await expect(log.ranges([missing])).rejects.toMatchObject(failure);
        await expect(log.append([record(missing, 'k', 'v')])).rejects.toMatchObject(failure);
        await expect(readAll(log, missing, 0)).rejects.toMatchObject(failure);
        await expect(newConsumer([missing]).start(new RecordingHandlers())).rejects.toMatchObject(failure);
      });

      it('answers a ping', async () => {
        await expect(log.ping()).resolves.toBeUndefined();
      });
    });

    describe('appending', () => {
      it('gives positions in the order of the records and keeps that order', async () => {
        const topic = await newTopic(3);
        const records = Array.from({ length: 500 }, (_, index) => record(topic, `key-${index % 50}`, `${index}`));
        const positions = await log.append(records);
        const seen = new Map<string, string>();
        for (const partition of [0, 1, 2])
          for (const { offset, value } of await readAll(log, topic, partition)) seen.set(`${partition}/${offset}`, value?.toString() ?? '');
        positions.forEach(({ partition, offset }, index) => expect(seen.get(`${partition}/${offset}`)).toBe(`${index}`));
        expect(seen.size).toBe(500);
      });

      it('partitions by murmur2 of the key, non-ASCII keys too, and obeys an explicit partition', async () => {
        const topic = await newTopic(12);
        const keys = ['a', 'artifact:1', 'Zürich', '日本語', '🚀 rocket', 'doi:10.1000/182'];
        const positions = await log.append(keys.map((key) => record(topic, key, key)));
        expect(positions.map(({ partition }) => partition)).toEqual(KNOWN_PARTITIONS_OF_12);
        const [explicit] = await log.append([record(topic, 'a', 'x', 7)]);
        expect(explicit).toEqual({ topic, partition: 7, offset: expect.any(BigInt) as unknown });
      });

      it('refuses a partition that does not exist', async () => {
        const topic = await newTopic(2);
        await expect(log.append([record(topic, 'k', 'v', 2)])).rejects.toMatchObject({ code: 'partition-missing' });
        await expect(readAll(log, topic, 0)).resolves.toEqual([]);
      });

      it('keeps null keys, null values, header bytes and timestamps', async () => {
        const topic = await newTopic(1);
        const bytes = Buffer.from([0, 255, 1, 128]);
        const before = Date.now();
        await log.append([
          { topic, key: null, value: bytes, headers: { ce_id: bytes, empty: Buffer.alloc(0) } },
          { topic, key: bytes, value: null, headers: {} },
        ]);
        const [first, second] = await readAll(log, topic, 0);
        expect(first).toMatchObject({ offset: 0n, key: null, value: bytes });
        expect({ ...first?.headers }).toEqual({ ce_id: bytes, empty: Buffer.alloc(0) });
        expect(second).toMatchObject({ offset: 1n, key: bytes, value: null });
        expect(first?.timestampMs).toBeGreaterThanOrEqual(before - 5_000);
        expect(first?.timestampMs).toBeLessThanOrEqual(Date.now() + 5_000);
      });

      it('appends nothing for no records', async () => {
        await expect(log.append([])).resolves.toEqual([]);
      });

      it('takes a record of a full mebibyte, alone and among others', async () => {
        const topic = await newTopic(1);
        const large = 'x'.repeat(1024 * 1024);
        const positions = await log.append([record(topic, 'a', 'small'), record(topic, 'b', large), record(topic, 'c', 'small')]);
        expect(positions.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
        const records = await readAll(log, topic, 0);
        expect(records.map(({ value }) => value?.length)).toEqual([5, large.length, 5]);
      });

      it('refuses a record that is too large and says its size', async () => {
        const topic = await newTopic(1);
        const huge = record(topic, 'k', 'x'.repeat(3 * 1024 * 1024));
        await expect(log.append([huge])).rejects.toMatchObject({
          code: 'record-too-large',
          message: expect.stringMatching(/\d{7} bytes/) as string,
        });
        await expect(log.append([record(topic, 'k', 'v')])).resolves.toHaveLength(1);
      });
    });

    describe('reading a range', () => {
      it('reads from inclusive to exclusive and ends by itself', async () => {
        const topic = await newTopic(1);
        await log.append(numbered(topic, 100));
        const values: string[] = [];
        for await (const batch of log.read({ topic, partition: 0, from: toOffset(10), to: toOffset(20) }))
          values.push(...batch.map(({ value }) => value?.toString() ?? ''));
        expect(values).toEqual(Array.from({ length: 10 }, (_, index) => `v${index + 10}`));
      });

      it('reads nothing of an empty range', async () => {
        const topic = await newTopic(1);
        await expect(readAll(log, topic, 0)).resolves.toEqual([]);
      });

      it('refuses a range beyond the end instead of waiting for ever', async () => {
        const topic = await newTopic(1);
        await log.append(numbered(topic, 3));
        const reading = async () => {
          for await (const batch of log.read({ topic, partition: 0, from: toOffset(5), to: toOffset(9) })) expect(batch).toEqual([]);
        };
        await expect(reading()).rejects.toMatchObject({ code: 'offset-out-of-range' });
      });

      it('may be left early', async () => {
        const topic = await newTopic(1);
        await log.append(numbered(topic, 2_000));
        for await (const batch of log.read({ topic, partition: 0, from: toOffset(0), to: toOffset(2_000) })) {
          expect(batch[0]?.offset).toBe(0n);
          break;
        }
      });
    });

    describe('consuming', () => {
      it('assigns first, then fetches from the answered positions, and gaps never hide', async () => {
        const topic = await newTopic(2);
        await log.append([...numbered(topic, 10), record(topic, 'other', 'o0', 1)]);
        const handlers = new RecordingHandlers([{ topic, partition: 0, nextOffset: toOffset(4) }]);
        await consume(topic, handlers);
        await until('all records', () => handlers.records().length >= 7);
        expect(handlers.story[0]).toBe('assigned 1');
        expect(handlers.assignments[0]).toEqual(
          expect.arrayContaining([
            { topic, partition: 0 },
            { topic, partition: 1 },
          ]),
        );
        expect(handlers.values(0)).toEqual(['v4', 'v5', 'v6', 'v7', 'v8', 'v9']);
        expect(handlers.values(1)).toEqual(['o0']);
        expect(handlers.batches.find(({ partition }) => partition === 0)).toMatchObject({ fetchedOffset: 4n, endOffset: 10n });
      });

      it('gives batches that join without a gap: each starts where the one before ended', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        await consume(topic, handlers);
        for (let round = 0; round < 5; round += 1) await log.append(numbered(topic, 700, round * 700));
        await until('3,500 records', () => handlers.records().length >= 3_500);
        let position = 0n;
        for (const batch of handlers.batches) {
          expect(batch.fetchedOffset).toBe(position);
          expect(batch.records[0]?.offset).toBe(batch.fetchedOffset);
          expect(batch.endOffset).toBeGreaterThanOrEqual(batch.nextOffset);
          expect(batch.sizeBytes).toBeGreaterThan(0);
          position = batch.nextOffset;
        }
        expect(position).toBe(3_500n);
      });

      it('delivers within half a second of the append, also after idling', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        await consume(topic, handlers);
        await log.append(numbered(topic, 1));
        await until('the first record', () => handlers.records().length === 1);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await log.append(numbered(topic, 1, 1));
        await until('the second record', () => handlers.records().length === 2, 500);
      });

      it('stops delivering a paused partition, only that one, and goes on where it was', async () => {
        const topic = await newTopic(2);
        const handlers = new RecordingHandlers();
        const consumer = await consume(topic, handlers);
        await log.append(numbered(topic, 1));
        await until('the first record', () => handlers.records(0).length === 1);
        consumer.pause({ topic, partition: 0 });
        await log.append([...numbered(topic, 5, 1), record(topic, 'k', 'other', 1)]);
        await until('the other partition', () => handlers.records(1).length === 1);
        await new Promise((resolve) => setTimeout(resolve, 400));
        expect(handlers.values(0)).toEqual(['v0']);
        consumer.resume({ topic, partition: 0 });
        await until('the rest', () => handlers.records(0).length === 6);
        expect(handlers.values(0)).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5']);
      });

      it('seeks back and says so in fetchedOffset', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        const consumer = await consume(topic, handlers);
        await log.append(numbered(topic, 6));
        await until('all', () => handlers.records().length === 6);
        consumer.seek({ topic, partition: 0, nextOffset: toOffset(2) });
        await until('again from 2', () => handlers.records().length === 10);
        expect(handlers.values().slice(6)).toEqual(['v2', 'v3', 'v4', 'v5']);
        expect(handlers.batches.some(({ fetchedOffset }) => fetchedOffset === 2n)).toBe(true);
      });

      it('beats with the number of the assignment and knows when it last polled', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        const consumer = newConsumer([topic]);
        expect(consumer.lastPollMs()).toBeNull();
        await consumer.start(handlers);
        await until('two heartbeats', () => handlers.heartbeats.length >= 2);
        expect(new Set(handlers.heartbeats)).toEqual(new Set([1]));
        expect(Date.now() - (consumer.lastPollMs() ?? 0)).toBeLessThan(2_000);
      });

      it('still counts as polling while everything is paused', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        const consumer = await consume(topic, handlers);
        await log.append(numbered(topic, 1));
        await until('a record', () => handlers.records().length === 1);
        consumer.pause({ topic, partition: 0 });
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        expect(Date.now() - (consumer.lastPollMs() ?? 0)).toBeLessThan(1_000);
      });

      it('never rejects a commit, whatever is committed, and a commit moves nothing', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        const consumer = await consume(topic, handlers);
        await log.append(numbered(topic, 2));
        await until('both', () => handlers.records().length === 2);
        await consumer.commit([{ topic, partition: 0, nextOffset: toOffset(2) }]);
        await consumer.commit([{ topic: `${prefix}none`, partition: 9, nextOffset: toOffset(1) }]);
        await log.append(numbered(topic, 1, 2));
        await until('the third', () => handlers.records().length === 3);
        expect(handlers.values()).toEqual(['v0', 'v1', 'v2']);
      });

      it('revokes and falls silent when stopped; stopping twice is harmless', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        const consumer = await consume(topic, handlers);
        await until('the assignment', () => handlers.assignments.length === 1);
        await consumer.stop(STOP_TIMEOUT_MS);
        await consumer.stop(STOP_TIMEOUT_MS);
        expect(handlers.story.at(-1)).toBe('revoked 1');
        await log.append(numbered(topic, 1));
        await new Promise((resolve) => setTimeout(resolve, 400));
        expect(handlers.records()).toEqual([]);
        expect(handlers.crashes).toEqual([]);
      });

      it('ends the consumer when a handler throws, and says so', async () => {
        const topic = await newTopic(1);
        const handlers = new RecordingHandlers();
        handlers.onBatch = () => {
          throw new Error('a bug in the engine');
        };
        await consume(topic, handlers);
        await log.append(numbered(topic, 1));
        await until('the crash', () => handlers.crashes.length === 1);
        expect(handlers.crashes[0]?.message).toBe('a bug in the engine');
      });
    });
  });
}

/** By the Java client's partitioner, for the keys of the test above. */
const KNOWN_PARTITIONS_OF_12 = [4, 10, 1, 10, 4, 5];
