import type { Offset } from '@harvest/kernel';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The next offset to read in one partition. */
export interface NextOffset extends TopicPartition {
  readonly nextOffset: Offset;
}

export type LogHeaders = Readonly<Record<string, Buffer>>;

/** What a producer hands over. `partition` is left to the partitioner (murmur2 of the key) unless given. */
export interface RecordToAppend {
  readonly topic: string;
  readonly partition?: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: LogHeaders;
}

/** A raw record as the log keeps it. */
export interface LogRecord {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: LogHeaders;
}

/** What one fetch brought for one partition. Offsets missing between `fetchedOffset` and `nextOffset` are markers or compacted away. */
export interface FetchedBatch extends TopicPartition {
  /** Where this fetch started reading. Above a checkpoint, the client started elsewhere: see 3-engine's slice rule. */
  readonly fetchedOffset: Offset;
  /** Where the next fetch will start: the last offset in the batch, markers included, + 1. */
  readonly nextOffset: Offset;
  /** The partition's end when this was fetched. */
  readonly endOffset: Offset;
  readonly records: readonly LogRecord[];
  readonly sizeBytes: number;
}
