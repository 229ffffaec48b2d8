import { toOffset } from '@harvest/kernel';
import { type ContractCases, numbered, recordIn, STOP_TIMEOUT_MS } from './log-bench';
import { RecordingHandlers, until } from './recording-handlers';

export const CONSUMING_CASES: ContractCases = {
  'assigns first, then fetches from the answered positions, and gaps never hide': async (bench) => {
    const topic = await bench.newTopic(2);
    await bench.log.append([...numbered(topic, 10), recordIn(1, topic, 'o0')]);
    const handlers = new RecordingHandlers([{ topic, partition: 0, nextOffset: toOffset(4) }]);
    await bench.consume(topic, handlers);
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
  },

  'gives batches that join without a gap: each starts where the one before ended': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    await bench.consume(topic, handlers);
    for (let round = 0; round < 5; round += 1) await bench.log.append(numbered(topic, 700, round * 700));
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
  },

  'delivers within half a second of the append, also after idling': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    await bench.consume(topic, handlers);
    await bench.log.append(numbered(topic, 1));
    await until('the first record', () => handlers.records().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await bench.log.append(numbered(topic, 1, 1));
    await until('the second record', () => handlers.records().length === 2, 500);
  },

  'stops delivering a paused partition, only that one, and goes on where it was': async (bench) => {
    const topic = await bench.newTopic(2);
    const handlers = new RecordingHandlers();
    const consumer = await bench.consume(topic, handlers);
    await bench.log.append(numbered(topic, 1));
    await until('the first record', () => handlers.records(0).length === 1);
    consumer.pause({ topic, partition: 0 });
    await bench.log.append([...numbered(topic, 5, 1), recordIn(1, topic, 'other')]);
    await until('the other partition', () => handlers.records(1).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(handlers.values(0)).toEqual(['v0']);
    consumer.resume({ topic, partition: 0 });
    await until('the rest', () => handlers.records(0).length === 6);
    expect(handlers.values(0)).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5']);
  },

  'seeks back and says so in fetchedOffset': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    const consumer = await bench.consume(topic, handlers);
    await bench.log.append(numbered(topic, 6));
    await until('all', () => handlers.records().length === 6);
    consumer.seek({ topic, partition: 0, nextOffset: toOffset(2) });
    await until('again from 2', () => handlers.records().length === 10);
    expect(handlers.values().slice(6)).toEqual(['v2', 'v3', 'v4', 'v5']);
    expect(handlers.batches.some(({ fetchedOffset }) => fetchedOffset === 2n)).toBe(true);
  },

  'beats with the number of the assignment and knows when it last polled': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    const consumer = bench.newConsumer([topic]);
    expect(consumer.lastPollMs()).toBeNull();
    await consumer.start(handlers);
    await until('two heartbeats', () => handlers.heartbeats.length >= 2);
    expect(new Set(handlers.heartbeats)).toEqual(new Set([1]));
    expect(Date.now() - (consumer.lastPollMs() ?? 0)).toBeLessThan(2_000);
  },

  'still counts as polling while everything is paused': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    const consumer = await bench.consume(topic, handlers);
    await bench.log.append(numbered(topic, 1));
    await until('a record', () => handlers.records().length === 1);
    consumer.pause({ topic, partition: 0 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(Date.now() - (consumer.lastPollMs() ?? 0)).toBeLessThan(1_000);
  },

  'never rejects a commit, whatever is committed, and a commit moves nothing': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    const consumer = await bench.consume(topic, handlers);
    await bench.log.append(numbered(topic, 2));
    await until('both', () => handlers.records().length === 2);
    await consumer.commit([{ topic, partition: 0, nextOffset: toOffset(2) }]);
    await consumer.commit([{ topic: `${bench.prefix}none`, partition: 9, nextOffset: toOffset(1) }]);
    await bench.log.append(numbered(topic, 1, 2));
    await until('the third', () => handlers.records().length === 3);
    expect(handlers.values()).toEqual(['v0', 'v1', 'v2']);
  },

  'revokes and falls silent when stopped; stopping twice is harmless': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    const consumer = await bench.consume(topic, handlers);
    await until('the assignment', () => handlers.assignments.length === 1);
    await consumer.stop(STOP_TIMEOUT_MS);
    await consumer.stop(STOP_TIMEOUT_MS);
    expect(handlers.story.at(-1)).toBe('revoked 1');
    await bench.log.append(numbered(topic, 1));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(handlers.records()).toEqual([]);
    expect(handlers.crashes).toEqual([]);
  },

  'ends the consumer when a handler throws, and says so': async (bench) => {
    const topic = await bench.newTopic(1);
    const handlers = new RecordingHandlers();
    handlers.onBatch = () => {
      throw new Error('a bug in the engine');
    };
    await bench.consume(topic, handlers);
    await bench.log.append(numbered(topic, 1));
    await until('the crash', () => handlers.crashes.length === 1);
    expect(handlers.crashes[0]?.message).toBe('a bug in the engine');
  },
};
