import { silentLogger } from '@harvest/observability';
import { MemoryLogStore, uniqueTopicPrefix } from '@harvest/testing';
import { describeEventLogContract } from '../contract/describe-event-log-contract';
import { LogBench, record } from '../contract/log-bench';
import { RecordingHandlers, until } from '../contract/recording-handlers';
import { createEmbeddedLog } from './embedded-log';

const TOPIC = 'signals.artifacts.v1';

describeEventLogContract('embedded, on a store in memory', () =>
  Promise.resolve(new LogBench(createEmbeddedLog({ store: new MemoryLogStore(), logger: silentLogger, pollMs: 50 }), uniqueTopicPrefix())),
);

describe('embedded log', () => {
  async function setup(pollMs: number) {
    const store = new MemoryLogStore();
    const log = createEmbeddedLog({ store, logger: silentLogger, pollMs, requestTimeoutMs: 500 });
    await log.createTopics([{ topic: TOPIC, partitions: 1, retentionMs: -1 }]);
    const consumer = log.createConsumer({ groupId: 'g', topics: [TOPIC], sessionTimeoutMs: 6_000 });
    return { store, log, consumer, handlers: new RecordingHandlers() };
  }

  it('wakes on a notification, long before the next poll', async () => {
    const { log, consumer, handlers } = await setup(5_000);
    await consumer.start(handlers);
    await until('the first poll', () => handlers.heartbeats.length > 0);
    await log.append([record(TOPIC, 'k', 'v')]);
    await until('the record', () => handlers.records().length === 1, 500);
    expect(handlers.values()).toEqual(['v']);
    await consumer.stop(1_000);
  });

  it('polls, so that a lost notification costs one poll and not the record', async () => {
    const { store, log, consumer, handlers } = await setup(100);
    store.notifies = false;
    await consumer.start(handlers);
    await log.append([record(TOPIC, 'k', 'v')]);
    await until('the record', () => handlers.records().length === 1, 1_000);
    expect(handlers.values()).toEqual(['v']);
    await consumer.stop(1_000);
  });

  it('outlives a store that does not answer, and its last poll ages meanwhile', async () => {
    const { store, log, consumer, handlers } = await setup(50);
    await consumer.start(handlers);
    await until('the first poll', () => handlers.heartbeats.length > 0);
    store.failure = new Error('connection refused');
    const lastPollMs = consumer.lastPollMs();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(consumer.lastPollMs()).toBeLessThanOrEqual((lastPollMs ?? 0) + 100);
    await expect(log.ping()).rejects.toMatchObject({ code: 'log-unreachable' });
    store.failure = null;
    await log.append([record(TOPIC, 'k', 'v')]);
    await until('the record', () => handlers.records().length === 1, 5_000);
    expect(handlers.crashes).toEqual([]);
    await consumer.stop(1_000);
  });

  it('stops within its deadline although the store hangs', async () => {
    const { store, consumer, handlers } = await setup(50);
    await consumer.start(handlers);
    await until('the first poll', () => handlers.heartbeats.length > 0);
    store.ranges = () => new Promise(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = Date.now();
    await consumer.stop(200);
    expect(Date.now() - before).toBeLessThan(400);
  });
});
