import type { Offset } from '@harvest/kernel';
import type { FetchedBatch, LogRecord, NextOffset, RecordToAppend, TopicPartition } from './record';

export interface AppendedRecord extends TopicPartition {
  readonly offset: Offset;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** -1: kept for ever. Facts must be, or a rebuild is impossible. */
  readonly retentionMs: number;
}

export interface PartitionRange extends TopicPartition {
  /** The first offset that the log still holds. */
  readonly startOffset: Offset;
  /** One past the last record (the high watermark). */
  readonly endOffset: Offset;
}

/** Appends in order per partition, durably (acks=all, idempotent). */
export interface LogAppender {
  /** Positions in the order of `records`. Rejects with a coded error; records before the failure may be in the log. */
  append(records: readonly RecordToAppend[]): Promise<readonly AppendedRecord[]>;
}

/** Topics and positions. Every call has a deadline and rejects with `log-unreachable` or `topic-missing`. */
export interface LogAdmin {
  /** Idempotent: an existing topic is left as it is. Returns the topics that were created. */
  createTopics(specs: readonly TopicSpec[]): Promise<readonly string[]>;
  /** Only topics that exist, in the order asked for. */
  describeTopics(topics: readonly string[]): Promise<readonly TopicSpec[]>;
  ranges(topics: readonly string[]): Promise<readonly PartitionRange[]>;
  /** Checks that the log answers. */
  ping(): Promise<void>;
}

/** Reads a range of its own, outside every projector's group. */
export interface LogReader {
  /** Batches in offset order, from `from` (inclusive) to `to` (exclusive). Ends by itself; `return()` frees everything. */
  read(range: TopicPartition & { from: Offset; to: Offset }): AsyncIterable<readonly LogRecord[]>;
}

/** What a log's consumer tells the engine. All calls are synchronous and quick: the consumer never waits in them. */
export interface LogConsumerHandlers {
  /**
   * The group has (re)assigned partitions. Called before the first fetch of the new assignment; the answer (from memory) is
   * sought synchronously. Partitions without an answer start at the log's start. `assignment` grows with every rejoin.
   * A new assignment starts unpaused, whatever was paused before it.
   */
  onAssigned(assigned: readonly TopicPartition[], assignment: number): readonly NextOffset[];
  /** A HEARTBEAT *event* of the current assignment: the broker has confirmed that we are a member. */
  onHeartbeat(assignment: number): void;
  /** Hands over a batch; the engine queues it and calls `pause` when its queue is full. Also called for empty batches. */
  onBatch(batch: FetchedBatch, assignment: number): void;
  /** The fetch position moved over control records only (no batch came): queue behind that partition's batches. */
  onIdleAdvance(position: NextOffset & { readonly fetchedOffset: Offset }, assignment: number): void;
  /** The partitions are no longer ours; what is in hand may be finished, the fence refuses what is stale. */
  onRevoked(assignment: number): void;
  /** The consumer died and does not restart by itself: the process must end. */
  onCrash(error: Error): void;
}

export interface LogConsumer {
  /** Joins the group and resolves once consuming has begun (not: once partitions are assigned). */
  start(handlers: LogConsumerHandlers): Promise<void>;
  /** Leaves the group. Idempotent; ends within `timeoutMs`, forcibly if need be. */
  stop(timeoutMs: number): Promise<void>;
  pause(partition: TopicPartition): void;
  resume(partition: TopicPartition): void;
  seek(position: NextOffset): void;
  /** A hint for lag dashboards only. Never rejects. */
  commit(positions: readonly NextOffset[]): Promise<void>;
  /** Clock time of the last answered fetch, or null before the first. */
  lastPollMs(): number | null;
}

export interface LogConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
}

/** The event log: Kafka, or the embedded one. One contract suite runs against both. */
export interface EventLog extends LogAppender, LogAdmin, LogReader {
  readonly kind: 'kafka' | 'embedded';
  createConsumer(options: LogConsumerOptions): LogConsumer;
  /** Closes producers and admins; consumers are stopped by their owner. Idempotent. */
  close(): Promise<void>;
}
