import type { Offset } from '@harvest/kernel';
import type { AppendedRecord, PartitionRange, TopicSpec } from './event-log.port';
import type { LogRecord, RecordToAppend, TopicPartition } from './record';

/** Where the embedded log keeps its records: tables of schema `harvest`, implemented by `store`. */
export interface EmbeddedLogStore {
  createTopics(specs: readonly TopicSpec[]): Promise<readonly string[]>;
  describeTopics(topics: readonly string[]): Promise<readonly TopicSpec[]>;
  ranges(topics: readonly string[]): Promise<readonly PartitionRange[]>;
  /** One transaction; offsets are given under the partition head's row lock (sorted), so commit order is offset order. */
  append(records: readonly (RecordToAppend & { readonly partition: number })[]): Promise<readonly AppendedRecord[]>;
  /** At most `maxRecords` or about `maxBytes` from `from` on, in order; empty at the end. */
  readFrom(from: TopicPartition & { from: Offset; maxRecords: number; maxBytes: number }): Promise<readonly LogRecord[]>;
  /** Calls back after another session's append (NOTIFY); may miss one, so a consumer polls too. Returns the unsubscriber. */
  onAppended(listener: (partitions: readonly TopicPartition[]) => void): Promise<() => Promise<void>>;
}
