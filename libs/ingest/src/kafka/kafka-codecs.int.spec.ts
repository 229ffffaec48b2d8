import { gzipSync, zstdCompressSync } from 'node:zlib';
import { serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { KafkaBench } from '../contract/kafka-bench';
import { numbered, readAll } from '../contract/log-bench';
import { packLz4, packSnappy } from '../contract/run-packers';
import { until } from '../contract/recording-handlers';
import { UNREADABLE_BATCH_HEADER } from './record-batch';

const MIB = 1024 * 1024;
/** snappy packs zeros only 21 to 1, and the broker takes 2 MiB. */
const CODECS = [
  { name: 'gzip', type: CompressionTypes.GZIP, bombBytes: 64 * MIB, pack: (bytes: Buffer) => gzipSync(bytes) },
  { name: 'snappy', type: CompressionTypes.Snappy, bombBytes: 34 * MIB, pack: packSnappy },
  { name: 'lz4', type: CompressionTypes.LZ4, bombBytes: 64 * MIB, pack: packLz4 },
  { name: 'zstd', type: CompressionTypes.ZSTD, bombBytes: 64 * MIB, pack: (bytes: Buffer) => zstdCompressSync(bytes) },
] as const;

let bench: KafkaBench;

beforeAll(() => {
  bench = new KafkaBench(serviceAddress('kafka'), uniqueTopicPrefix());
  for (const { type, pack } of CODECS)
    CompressionCodecs[type] = () => ({
      compress: (encoder: { buffer: Buffer }) => Promise.resolve(pack(encoder.buffer)),
      decompress: () => Promise.reject(new Error('kafkajs must not unpack anything itself')),
    });
});
afterEach(() => bench.stopConsumers());
afterAll(() => bench.close());

describe.each(CODECS)('$name from another producer', ({ name, type, bombBytes }) => {
  it('is read by consumers and by range readers', async () => {
    const topic = await bench.newTopic();
    const producer = await bench.producer();
    const messages = Array.from({ length: 500 }, (_, index) => ({ key: `k${index}`, value: `${name} ${index} über 日本` }));
    await producer.send({ topic, compression: type, messages });
    const handlers = await bench.record(topic);
    await until('all records', () => handlers.records().length === 500);
    expect(handlers.values()).toEqual(messages.map(({ value }) => value));
    expect((await readAll(bench.log, topic, 0)).map(({ value }) => value?.toString())).toEqual(handlers.values());
  });

  it(`a batch that would become ${bombBytes / MIB} MiB is one unreadable record; what follows arrives, and memory stays bounded`, async () => {
    const topic = await bench.newTopic();
    const producer = await bench.producer();
    await producer.send({ topic, compression: type, messages: [{ key: 'bomb', value: Buffer.alloc(bombBytes) }] });
    await bench.log.append(numbered(topic, 3));
    const before = process.memoryUsage().rss;
    const handlers = await bench.record(topic);
    await until('the records after it', () => handlers.records().length === 4);
    const [bomb, ...rest] = handlers.records();
    expect(bomb).toMatchObject({ offset: 0n, key: null });
    expect(bomb?.value?.length).toBeLessThan(2 * MIB);
    expect(bomb?.headers[UNREADABLE_BATCH_HEADER]?.toString()).toBe('codec-output-too-large');
    expect(rest.map(({ value }) => value?.toString())).toEqual(['v0', 'v1', 'v2']);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
    expect(handlers.crashes).toEqual([]);
  });
});
