import type { EmbeddedLogStore, LogRecord, PartitionRange } from '@harvest/contracts';
import { type Offset, withDeadline } from '@harvest/kernel';
import { MAX_CHUNK_BYTES, MAX_CHUNK_RECORDS } from '../append-chunks';
import { asUnreachable, topicMissing } from '../log-errors';

const WHERE = 'the embedded log';

/** The store behind deadlines and coded errors. */
export class TimedStore {
  constructor(
    private readonly store: EmbeddedLogStore,
    private readonly timeoutMs: number,
  ) {}

  async call<T>(what: string, question: (store: EmbeddedLogStore) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(question(this.store), this.timeoutMs, what);
    } catch (error) {
      throw asUnreachable(WHERE, error);
    }
  }

  /** Partitions per topic. @throws HarvestError `topic-missing` naming all that do not exist. */
  async partitionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const described = await this.call('describing topics', (store) => store.describeTopics(topics));
    const partitions = new Map(described.map((spec) => [spec.topic, spec.partitions]));
    const missing = topics.filter((topic) => !partitions.has(topic));
    if (missing.length > 0) throw topicMissing(missing);
    return partitions;
  }

  async ranges(topics: readonly string[]): Promise<readonly PartitionRange[]> {
    await this.partitionsOf(topics);
    return this.call('asking for positions', (store) => store.ranges(topics));
  }

  readFrom(topic: string, partition: number, from: Offset): Promise<readonly LogRecord[]> {
    const limits = { maxRecords: MAX_CHUNK_RECORDS, maxBytes: MAX_CHUNK_BYTES };
    return this.call('reading', (store) => store.readFrom({ topic, partition, from, ...limits }));
  }
}
