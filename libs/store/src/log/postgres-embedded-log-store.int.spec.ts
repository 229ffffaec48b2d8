import { toOffset } from '@harvest/kernel';
import { createTestStore, type TestStore } from '@harvest/testing';

let test: TestStore;
const topic = 'log.test';
const from = (partition: number, offset: number | bigint, maxRecords = 1000, maxBytes = 10_000_000) => ({
  ...{ topic, partition, maxRecords, maxBytes },
  from: toOffset(offset),
});
const record = (partition: number, value: string) => ({ topic, partition, key: Buffer.from('k'), value: Buffer.from(value), headers: {} });

beforeAll(async () => {
  test = await createTestStore();
  await test.store.embeddedLog.createTopics([{ topic, partitions: 4, retentionMs: -1 }]);
});
afterAll(() => test.close());

describe('the embedded log in Postgres', () => {
  it('creates topics once and leaves existing ones as they are', async () => {
    const { embeddedLog } = test.store;
    const specs = [
      { topic: 'log.new', partitions: 2, retentionMs: -1 },
      { topic, partitions: 9, retentionMs: 5 },
    ];
    expect(await embeddedLog.createTopics(specs)).toEqual(['log.new']);
    expect(await embeddedLog.createTopics(specs)).toEqual([]);
    expect(await embeddedLog.describeTopics([topic, 'log.none', 'log.new'])).toEqual([
      { topic, partitions: 4, retentionMs: -1 },
      { topic: 'log.new', partitions: 2, retentionMs: -1 },
    ]);
    expect((await embeddedLog.ranges(['log.new'])).map(({ endOffset }) => endOffset)).toEqual([0n, 0n]);
  });

  it('gives back what was appended, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const records = [
      { topic, partition: 3, key: bytes, value: bytes, headers: { ce_id: bytes, '': Buffer.alloc(0), 'é😀': Buffer.from('x') } },
      { topic, partition: 3, key: null, value: null, headers: {} },
    ];
    expect(await test.store.embeddedLog.append(records)).toEqual([
      { topic, partition: 3, offset: 0n },
      { topic, partition: 3, offset: 1n },
    ]);
    const read = await test.store.embeddedLog.readFrom(from(3, 0));
    expect(read.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }))).toEqual(
      records.map(({ key, value, headers }) => ({ key, value, headers })),
    );
    expect(Math.abs(read[0]!.timestampMs - Date.now())).toBeLessThan(60_000);
  });

  it('bounds what it reads by records and by bytes, but always brings one', async () => {
    await test.store.embeddedLog.append(Array.from({ length: 10 }, () => record(2, 'v'.repeat(1_000))));
    expect(await test.store.embeddedLog.readFrom(from(2, 0, 3))).toHaveLength(3);
    expect(await test.store.embeddedLog.readFrom(from(2, 0, 100, 2_500))).toHaveLength(3);
    expect(await test.store.embeddedLog.readFrom(from(2, 4, 100, 1))).toMatchObject([{ offset: 4n }]);
    expect(await test.store.embeddedLog.readFrom(from(2, 10))).toEqual([]);
  });

  it('the order of commits is the order of offsets: a reader never sees a hole, whatever appends at once', async () => {
    const other = test.another();
    let appending = true;
    const readAll = async () => {
      let next = 0n;
      for (;;) {
        const more = appending;
        const records = await test.store.embeddedLog.readFrom(from(0, next, 500));
        for (const { offset } of records) {
          expect(offset).toBe(next);
          next += 1n;
        }
        if (!more && records.length === 0) return next;
      }
    };
    const writer = async (store: typeof other, order: readonly number[]) => {
      for (let round = 0; round < 100; round += 1) await store.embeddedLog.append(order.map((partition) => record(partition, `${round}`)));
    };
    const reading = readAll();
    await Promise.all([writer(test.store, [0, 1, 0]), writer(other, [1, 0]), writer(other, [0, 1])]);
    appending = false;
    expect(await reading).toBe(400n);
  });

  it('a partition that does not exist is `topic-missing`, and nothing is appended', async () => {
    const { embeddedLog } = test.store;
    await expect(embeddedLog.append([record(1, 'x'), record(9, 'x')])).rejects.toMatchObject({ code: 'topic-missing' });
    await expect(embeddedLog.readFrom({ ...from(0, 0), topic: 'none' })).rejects.toMatchObject({ code: 'topic-missing' });
  });

  it('tells another session of an append', async () => {
    const heard = new Promise(
      (resolve) =>
        void test
          .another()
          .embeddedLog.onAppended(resolve)
          .then(() => test.store.embeddedLog.append([record(1, 'x')])),
    );
    expect(await heard).toEqual([{ topic, partition: 1 }]);
  });
});
