import type { RecordToAppend } from '@harvest/contracts';
import { partitionMissing } from '../log-errors';
import { murmur2 } from './murmur2';

/** Which partition a record goes to, of `partitions`; the same on both logs and in Java's client. */
export type Partitioner = (record: Pick<RecordToAppend, 'topic' | 'key' | 'partition'>, partitions: number) => number;

/** Explicit partition, else the key's hash, else one after the other. @throws HarvestError `partition-missing` */
export function createPartitioner(): Partitioner {
  let turn = 0;
  return (record, partitions) => {
    if (record.partition !== undefined) {
      if (record.partition < 0 || record.partition >= partitions) throw partitionMissing(record.topic, record.partition, partitions);
      return record.partition;
    }
    if (record.key !== null) return (murmur2(record.key) & 0x7fffffff) % partitions;
    turn = (turn + 1) % 0x7fffffff;
    return turn % partitions;
  };
}
