import { Kafka, logLevel } from 'kafkajs';
import RequestQueue from 'kafkajs/src/network/requestQueue';
import { version } from 'kafkajs/package.json';
import { createCluster } from './kafka-cluster';
import { DEFENDED_KAFKAJS_VERSION, installKafkajsDefences } from './kafkajs-defences';

it('fails when kafkajs changes: read its requestQueue, fetch protocol, consumerGroup and createCluster again, then move the version', () => {
  expect(version).toBe(DEFENDED_KAFKAJS_VERSION);
});

it('finds the private cluster that range readers use', () => {
  const cluster = createCluster(new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING }));
  expect(typeof cluster.findBroker).toBe('function');
  expect(typeof cluster.findTopicPartitionMetadata).toBe('function');
});

it('schedules no check on an idle connection, and one as soon as something is pending or throttled', () => {
  installKafkajsDefences();
  const schedule = (state: { pending: unknown[]; throttledUntil: number }) => {
    const queue = Object.assign(Object.create(RequestQueue.prototype) as typeof RequestQueue.prototype, state, {
      throttleCheckTimeoutId: null as NodeJS.Timeout | null,
    });
    queue.scheduleCheckPendingRequests();
    clearTimeout(queue.throttleCheckTimeoutId ?? undefined);
    return queue.throttleCheckTimeoutId !== null;
  };
  expect(schedule({ pending: [], throttledUntil: -1 })).toBe(false);
  expect(schedule({ pending: [{}], throttledUntil: -1 })).toBe(true);
  expect(schedule({ pending: [], throttledUntil: Date.now() + 1_000 })).toBe(true);
});
