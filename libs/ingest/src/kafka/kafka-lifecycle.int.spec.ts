import net from 'node:net';
import { silentLogger } from '@harvest/observability';
import { serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { KafkaBench } from '../contract/kafka-bench';
import { record } from '../contract/log-bench';
import { RecordingHandlers, until } from '../contract/recording-handlers';
import { createKafkaLog } from './kafka-log';

let bench: KafkaBench;

beforeAll(() => {
  bench = new KafkaBench(serviceAddress('kafka'), uniqueTopicPrefix(), { silenceMs: 3_000 });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await bench.stopConsumers();
});
afterAll(() => bench.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Remembers every connection that is opened from now on. */
function watchSockets(): net.Socket[] {
  const sockets: net.Socket[] = [];
  const original = net.connect.bind(net) as (options: net.NetConnectOpts, listener?: () => void) => net.Socket;
  jest.spyOn(net, 'connect').mockImplementation(((options: net.NetConnectOpts, listener?: () => void) => {
    const socket = original(options, listener);
    sockets.push(socket);
    return socket;
  }) as typeof net.connect);
  return sockets;
}

/** Of one core, over `ms`. */
async function cpuShare(ms: number): Promise<number> {
  const [before, startMs] = [process.cpuUsage(), performance.now()];
  await pause(ms);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1_000 / (performance.now() - startMs);
}

/**
 * Of one core, in the quietest of up to four stretches of 3 s: what spins does so in each of them, while V8's compiler
 * and collector, which work in this process too, come to an end.
 */
async function idleShare(enough: number): Promise<number> {
  let quietest = Infinity;
  for (let stretch = 0; stretch < 4 && quietest >= enough; stretch += 1) {
    quietest = Math.min(quietest, await cpuShare(3_000));
  }
  return quietest;
}

it('idle connections do not spin', async () => {
  for (let count = 0; count < 6; count += 1) await bench.log.append([record(await bench.newTopic(), 'k', 'v')]);
  await pause(500);
  // Measured: 0.003 of a core for six connections; 0.05 with kafkajs's timers spinning.
  expect(await idleShare(0.02)).toBeLessThan(0.02);
});

it('an idle consumer costs almost no CPU', async () => {
  const topic = await bench.newTopic(12);
  await bench.log.append([record(topic, 'k', 'v')]);
  const handlers = await bench.record(topic);
  await until('the record', () => handlers.records().length === 1);
  await pause(500);
  expect(await idleShare(0.1)).toBeLessThan(0.1);
});

it('a connection that hangs without an error is noticed, the client replaced, and consuming goes on', async () => {
  const sockets = watchSockets();
  const topic = await bench.newTopic();
  const handlers = await bench.record(topic);
  await until('the assignment', () => handlers.assignments.length === 1);
  for (const socket of sockets) socket.pause();
  await bench.log.append([record(topic, 'k', 'v0')]);
  await until('the record, by a new assignment', () => handlers.values().includes('v0'), 30_000);
  expect(handlers.story.slice(0, 3)).toEqual(['assigned 1', 'revoked 1', 'assigned 2']);
  expect(handlers.crashes).toEqual([]);
});

it('stops within its deadline although the broker no longer answers', async () => {
  const sockets = watchSockets();
  const topic = await bench.newTopic();
  const consumer = bench.newConsumer([topic], `${topic}.hung`);
  const handlers = new RecordingHandlers();
  await consumer.start(handlers);
  await until('the assignment', () => handlers.assignments.length === 1);
  for (const socket of sockets) socket.pause();
  const startMs = Date.now();
  await consumer.stop(1_000);
  expect(Date.now() - startMs).toBeLessThan(1_500);
  expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThan(sockets.length);
});

it('cut connections are opened again and nothing is lost', async () => {
  const sockets = watchSockets();
  const topic = await bench.newTopic();
  const handlers = await bench.record(topic);
  await bench.log.append([record(topic, 'k', 'v0')]);
  await until('the first record', () => handlers.records().length === 1);
  for (const socket of sockets) socket.destroy(new Error('connection reset'));
  await until('an append succeeds again', () =>
    bench.log.append([record(topic, 'k', 'v1')]).then(
      () => true,
      () => false,
    ),
  );
  await until('the second record', () => handlers.values().includes('v1'), 30_000);
  expect(handlers.crashes).toEqual([]);
}, 60_000);

it('a process frozen past its session finds itself evicted: revoked, then assigned under a higher number', async () => {
  const topic = await bench.newTopic();
  const handlers = await bench.record(topic);
  await until('a heartbeat', () => handlers.heartbeats.length > 0);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8_000);
  await until('the new assignment', () => handlers.assignments.length === 2);
  await bench.log.append([record(topic, 'k', 'v')]);
  await until('the record', () => handlers.records().length === 1);
  expect(handlers.story).toEqual(['assigned 1', 'revoked 1', 'assigned 2', 'batch 2']);
  await until('a heartbeat of the new assignment', () => handlers.heartbeats.at(-1) === 2);
});

it('a consumer that cannot restart by itself says so, so that the process can end', async () => {
  const topic = await bench.newTopic();
  const consumer = bench.log.createConsumer({ groupId: `${topic}.refused`, topics: [topic], sessionTimeoutMs: 7_200_000 });
  const handlers = new RecordingHandlers();
  await consumer.start(handlers);
  await until('the crash', () => handlers.crashes.length === 1);
  await consumer.stop(1_000);
  expect(handlers.crashes).toHaveLength(1);
});

it('an unreachable broker is named, with what to check, by every call and within seconds', async () => {
  const log = createKafkaLog({ brokers: ['127.0.0.1:1'], clientId: 'nobody', logger: silentLogger, requestTimeoutMs: 3_000 });
  const failure = { code: 'log-unreachable', retriable: true, message: expect.stringContaining('127.0.0.1:1') as string };
  const consumer = log.createConsumer({ groupId: 'g', topics: ['t'], sessionTimeoutMs: 6_000 });
  const startMs = Date.now();
  await Promise.all([
    expect(log.ping()).rejects.toMatchObject(failure),
    expect(log.ranges(['t'])).rejects.toMatchObject(failure),
    expect(log.append([record('t', 'k', 'v')])).rejects.toMatchObject(failure),
    expect(consumer.start(new RecordingHandlers())).rejects.toMatchObject(failure),
  ]);
  expect(Date.now() - startMs).toBeLessThan(10_000);
  await consumer.stop(1_000);
  await log.close();
});
