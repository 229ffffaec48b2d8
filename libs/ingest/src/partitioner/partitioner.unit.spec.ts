import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { murmur2 } from './murmur2';
import { createPartitioner } from './partitioner';

/** By `org.apache.kafka.common.utils.Utils.murmur2` 4.3. */
const JAVA_HASHES: readonly (readonly [string, number])[] = [
  ['', 275646681],
  ['a', -1563381124],
  ['ab', 316155434],
  ['abc', 479470107],
  ['abcd', -1323649548],
  ['abcde', 461995741],
  ['artifact:1', -1300776130],
  ['Zürich', -1551140815],
  ['日本語', 1431860170],
  ['🚀 rocket', -1710445744],
  ['doi:10.1000/182', -1989722451],
];

it.each(JAVA_HASHES)("hashes %j as Kafka's Java client does", (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

it("chooses kafkajs's partition for any bytes", () => {
  const kafkajs = Partitioners.DefaultPartitioner();
  const ours = createPartitioner();
  let seed = 7;
  for (let round = 0; round < 5_000; round += 1) {
    const key = Buffer.alloc(round % 41);
    for (let index = 0; index < key.length; index += 1) key[index] = (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16;
    const partitions = 1 + (round % 64);
    const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }) as PartitionMetadata);
    const theirs = kafkajs({ topic: 't', partitionMetadata, message: { key, value: null } });
    expect(ours({ topic: 't', key }, partitions)).toBe(theirs);
  }
});

it('spreads records without a key over all partitions', () => {
  const partitioner = createPartitioner();
  const chosen = new Set(Array.from({ length: 12 }, () => partitioner({ topic: 't', key: null }, 12)));
  expect(chosen.size).toBe(12);
});

it('obeys an explicit partition and refuses one that does not exist', () => {
  const partitioner = createPartitioner();
  expect(partitioner({ topic: 't', key: Buffer.from('a'), partition: 3 }, 4)).toBe(3);
  for (const partition of [4, -1])
    expect(() => partitioner({ topic: 't', key: null, partition }, 4)).toThrow(expect.objectContaining({ code: 'partition-missing' }));
});
