import { decode, TOPIC_FAMILIES } from '@harvest/contracts';
import { gzipSync } from 'node:zlib';
import { batch, type BuiltRecord, fetchResponse, marker, recordBody } from '../contract/batch-builder';
import { type CarrierMessage, decodeFetchResponse, type DecodeLimits } from './fetch-response';
import { UNREADABLE_BATCH_HEADER } from './record-batch';

const LIMITS: DecodeLimits = { maxBatchBytes: 4_096, maxResponseBytes: 8_192 };
const GZIP = 1;
const TRANSACTIONAL = 0x10;

interface Decoded {
  readonly throttleTime: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly messages: readonly CarrierMessage[];
    }[];
  }[];
}

async function carriers(raw: Buffer, fetchOffset = 0n): Promise<(CarrierMessage | undefined)[]> {
  const decoded = (await decodeFetchResponse(raw, 11, { fetchOffsetOf: () => fetchOffset, limits: LIMITS })) as Decoded;
  return decoded.responses.flatMap(({ partitions }) => partitions.map(({ messages }) => messages[0]));
}

async function carrier(
  batches: readonly Buffer[],
  fetchOffset = 0n,
  aborted: [number, number][] = [],
): Promise<CarrierMessage | undefined> {
  return (await carriers(fetchResponse([{ batches: Buffer.concat(batches), aborted }]), fetchOffset))[0];
}

const rec = (offsetDelta: number, value: string | null = `v${offsetDelta}`): BuiltRecord => ({
  offsetDelta,
  key: `k${offsetDelta}`,
  value: value === null ? null : Buffer.from(value),
});
const valuesOf = (message: CarrierMessage | undefined) => message?.records.map(({ value }) => value?.toString());

it('reads offsets, timestamps, nulls and headers; of headers of one name the last counts', async () => {
  const headers = [
    ['ce_id', Buffer.from('1')],
    ['ce_id', Buffer.from('2')],
    ['none', null],
    ['__proto__', Buffer.from('x')],
  ] as const;
  const message = await carrier([batch([{ offsetDelta: 0, key: null, value: null, headers }, rec(1)], { baseOffset: 40 })]);
  expect(message).toMatchObject({ offset: '41', isControlRecord: false });
  const [first, second] = message?.records ?? [];
  expect(first).toMatchObject({ offset: 40n, timestampMs: 1_000, key: null, value: null });
  expect(Object.entries(first?.headers ?? {})).toEqual([
    ['ce_id', Buffer.from('2')],
    ['none', Buffer.alloc(0)],
    ['__proto__', Buffer.from('x')],
  ]);
  expect(second).toMatchObject({ offset: 41n, timestampMs: 1_010, key: Buffer.from('k1') });
});

it('takes the log append time where the topic says so', async () => {
  const message = await carrier([batch([rec(0), rec(1)], { baseOffset: 0, attributes: 0x08 })]);
  expect(message?.records.map(({ timestampMs }) => timestampMs)).toEqual([9_000, 9_000]);
});

it('drops the records before the fetch offset that a batch begins with', async () => {
  expect(valuesOf(await carrier([batch([rec(0), rec(1), rec(2)], { baseOffset: 10 })], 12n))).toEqual(['v2']);
});

it('passes over the gap that compaction left at the end of a batch, and over batches without records', async () => {
  const compacted = batch([rec(0)], { baseOffset: 0, lastOffsetDelta: 9 });
  const emptied = batch([], { baseOffset: 10, lastOffsetDelta: 4 });
  const message = await carrier([compacted, emptied]);
  expect(message).toMatchObject({ offset: '14' });
  expect(valuesOf(message)).toEqual(['v0']);
});

it('says where control records alone end, so that the position can follow', async () => {
  const message = await carrier([marker(3, 7, 'commit')], 3n);
  expect(message).toMatchObject({ offset: '3', records: [] });
});

it('hides what an aborted transaction wrote, and nothing else', async () => {
  const batches = [
    batch([rec(0, 'a')], { baseOffset: 0, producerId: 7, attributes: TRANSACTIONAL }),
    batch([rec(0, 'b')], { baseOffset: 1, producerId: 8, attributes: TRANSACTIONAL }),
    batch([rec(0, 'c')], { baseOffset: 2, producerId: 7 }),
    marker(3, 7, 'abort'),
    batch([rec(0, 'd')], { baseOffset: 4, producerId: 7, attributes: TRANSACTIONAL }),
    marker(5, 7, 'commit'),
    marker(6, 8, 'commit'),
  ];
  const message = await carrier(batches, 0n, [[7, 0]]);
  expect(valuesOf(message)).toEqual(['b', 'c', 'd']);
  expect(message?.offset).toBe('6');
});

it('leaves the incomplete batch at the end of a response for the next fetch', async () => {
  const whole = batch([rec(0)], { baseOffset: 0 });
  const message = await carrier([whole, batch([rec(0)], { baseOffset: 1 }).subarray(0, 70)]);
  expect(message?.offset).toBe('0');
  expect(await carrier([whole.subarray(0, 30)])).toBeUndefined();
});

it('unpacks a compressed batch', async () => {
  const body = gzipSync(recordBody([rec(0), rec(1)]));
  expect(valuesOf(await carrier([batch([rec(0), rec(1)], { baseOffset: 0, attributes: GZIP, body })]))).toEqual(['v0', 'v1']);
});

it('turns a batch that would become too large into one record with its packed bytes, and goes on after it', async () => {
  const body = gzipSync(recordBody([{ offsetDelta: 0, key: 'k', value: Buffer.alloc(100_000) }, rec(1)]));
  const bomb = batch([rec(0), rec(1)], { baseOffset: 5, attributes: GZIP, body });
  const message = await carrier([bomb, batch([rec(0, 'after')], { baseOffset: 7 })]);
  const [stand, after] = message?.records ?? [];
  expect(stand).toMatchObject({ offset: 5n, key: null, value: body });
  expect(stand?.headers[UNREADABLE_BATCH_HEADER]?.toString()).toBe('codec-output-too-large');
  expect(after).toMatchObject({ offset: 7n, value: Buffer.from('after') });
});

it('makes a stand-in that every topic rejects and none ignores, so that its bytes reach the dead letters', async () => {
  const body = gzipSync(recordBody([{ offsetDelta: 0, key: 'k', value: Buffer.alloc(100_000) }]));
  const [stand] = (await carrier([batch([rec(0)], { baseOffset: 5, attributes: GZIP, body })]))?.records ?? [];
  for (const family of TOPIC_FAMILIES) expect(decode(stand!, { family })).toMatchObject({ kind: 'rejected', code: 'envelope-invalid' });
});

it.each([
  ['damaged gzip', { attributes: GZIP, body: Buffer.from('not gzip') }],
  ['an unknown codec', { attributes: 6 }],
  ['a wrong record count', { recordCount: 9 }],
  ['a negative length', { body: Buffer.from([1, 0, 0, 0]) }],
  ['200,001 tiny records', { attributes: GZIP, recordCount: 200_001 }],
])('turns a batch with %s into one record, and goes on after it', async (_what, options) => {
  const message = await carrier([batch([rec(0), rec(1)], { baseOffset: 0, ...options }), batch([rec(0, 'after')], { baseOffset: 2 })]);
  expect(message?.records).toHaveLength(2);
  expect(message?.records[0]?.headers[UNREADABLE_BATCH_HEADER]?.toString()).toMatch(/^codec-/);
  expect(valuesOf(message)?.[1]).toBe('after');
});

it('holds 150,000 records of one batch, where spreading them over the stack would overflow it', async () => {
  const count = 150_000;
  const records = Array.from({ length: count }, (_, index) => ({ offsetDelta: index, key: null, value: null }));
  expect((await carrier([batch(records, { baseOffset: 0 })]))?.records).toHaveLength(count);
});

it('stops unpacking when a response holds enough; what is left out is fetched again', async () => {
  const full = batch([rec(0, 'x'.repeat(3_000))], { baseOffset: 0 });
  const batches = Buffer.concat([0, 1, 2, 3, 4].map((index) => batch([rec(0, 'x'.repeat(3_000))], { baseOffset: index })));
  const [first, second] = await carriers(fetchResponse([{ batches }, { batches: full }]));
  expect(first?.offset).toBe('2');
  expect(second).toBeUndefined();
});

it('does not keep the response alive by a record of it', async () => {
  const raw = fetchResponse([{ batches: batch([rec(0, 'x'.repeat(100_000))], { baseOffset: 0 }) }]);
  const [message] = await carriers(raw);
  expect(message?.records[0]?.value?.buffer).not.toBe(raw.buffer);
});

it("passes a partition's error on to kafkajs", async () => {
  const raw = fetchResponse([{ batches: Buffer.alloc(0), errorCode: 3 }]);
  const decoded = (await decodeFetchResponse(raw, 11, { fetchOffsetOf: () => 0n, limits: LIMITS })) as Decoded;
  expect(decoded.responses[0]?.partitions[0]).toMatchObject({ partition: 0, errorCode: 3, messages: [] });
});
