import { type ContractCases, readAll, record, recordIn } from './log-bench';

/** By the Java client's partitioner, for the keys of the case above. */
const KNOWN_PARTITIONS_OF_12 = [4, 10, 1, 10, 4, 5];

export const APPENDING_CASES: ContractCases = {
  'gives positions in the order of the records and keeps that order': async (bench) => {
    const topic = await bench.newTopic(3);
    const records = Array.from({ length: 500 }, (_, index) => record(topic, `key-${index % 50}`, `${index}`));
    const positions = await bench.log.append(records);
    const seen = new Map<string, string>();
    for (const partition of [0, 1, 2])
      for (const { offset, value } of await readAll(bench.log, topic, partition))
        seen.set(`${partition}/${offset}`, value?.toString() ?? '');
    positions.forEach(({ partition, offset }, index) => expect(seen.get(`${partition}/${offset}`)).toBe(`${index}`));
    expect(seen.size).toBe(500);
  },

  'partitions by murmur2 of the key, non-ASCII keys too, and obeys an explicit partition': async (bench) => {
    const topic = await bench.newTopic(12);
    const keys = ['a', 'artifact:1', 'Zürich', '日本語', '🚀 rocket', 'doi:10.1000/182'];
    const positions = await bench.log.append(keys.map((key) => record(topic, key, key)));
    expect(positions.map(({ partition }) => partition)).toEqual(KNOWN_PARTITIONS_OF_12);
    const [explicit] = await bench.log.append([recordIn(7, topic, 'x')]);
    expect(explicit).toEqual({ topic, partition: 7, offset: expect.any(BigInt) as unknown });
  },

  'refuses a partition that does not exist': async (bench) => {
    const topic = await bench.newTopic(2);
    await expect(bench.log.append([recordIn(2, topic, 'v')])).rejects.toMatchObject({ code: 'partition-missing' });
    await expect(readAll(bench.log, topic, 0)).resolves.toEqual([]);
  },

  'keeps null keys, null values, header bytes and timestamps': async (bench) => {
    const topic = await bench.newTopic(1);
    const bytes = Buffer.from([0, 255, 1, 128]);
    const before = Date.now();
    await bench.log.append([
      { topic, key: null, value: bytes, headers: { ce_id: bytes, empty: Buffer.alloc(0) } },
      { topic, key: bytes, value: null, headers: {} },
    ]);
    const [first, second] = await readAll(bench.log, topic, 0);
    expect(first).toMatchObject({ offset: 0n, key: null, value: bytes });
    expect({ ...first?.headers }).toEqual({ ce_id: bytes, empty: Buffer.alloc(0) });
    expect(second).toMatchObject({ offset: 1n, key: bytes, value: null });
    expect(first?.timestampMs).toBeGreaterThanOrEqual(before - 5_000);
    expect(first?.timestampMs).toBeLessThanOrEqual(Date.now() + 5_000);
  },

  'appends nothing for no records': async (bench) => {
    await expect(bench.log.append([])).resolves.toEqual([]);
  },

  'takes a record of a full mebibyte, alone and among others': async (bench) => {
    const topic = await bench.newTopic(1);
    const large = 'x'.repeat(1024 * 1024);
    const positions = await bench.log.append([record(topic, 'a', 'small'), record(topic, 'b', large), record(topic, 'c', 'small')]);
    expect(positions.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
    const records = await readAll(bench.log, topic, 0);
    expect(records.map(({ value }) => value?.length)).toEqual([5, large.length, 5]);
  },

  'refuses a record that is too large and says its size': async (bench) => {
    const topic = await bench.newTopic(1);
    const huge = record(topic, 'k', 'x'.repeat(3 * 1024 * 1024));
    await expect(bench.log.append([huge])).rejects.toMatchObject({
      code: 'record-too-large',
      message: expect.stringMatching(/\d{7} bytes/) as string,
    });
    await expect(bench.log.append([record(topic, 'k', 'v')])).resolves.toHaveLength(1);
  },
};
