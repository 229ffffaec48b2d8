import type {
  AppendedRecord,
  EmbeddedLogStore,
  LogRecord,
  PartitionRange,
  RecordToAppend,
  TopicPartition,
  TopicSpec,
} from '@harvest/contracts';
import { HarvestError, type Offset, toOffset } from '@harvest/kernel';

type Appended = RecordToAppend & { readonly partition: number };

/** The embedded log's store without a database, for tests of what stands on its port. */
export class MemoryLogStore implements EmbeddedLogStore {
  private readonly topics = new Map<string, { readonly spec: TopicSpec; readonly partitions: LogRecord[][] }>();
  private readonly listeners = new Set<(partitions: readonly TopicPartition[]) => void>();
  /** While set, every call rejects with it. */
  failure: Error | null = null;
  /** While false, appends are not announced. */
  notifies = true;

  createTopics(specs: readonly TopicSpec[]): Promise<readonly string[]> {
    return this.answer(() => {
      const created = specs.filter(({ topic }) => !this.topics.has(topic));
      for (const spec of created) this.topics.set(spec.topic, { spec, partitions: Array.from({ length: spec.partitions }, () => []) });
      return created.map(({ topic }) => topic);
    });
  }

  describeTopics(topics: readonly string[]): Promise<readonly TopicSpec[]> {
    return this.answer(() => topics.flatMap((topic) => this.topics.get(topic)?.spec ?? []));
  }

  ranges(topics: readonly string[]): Promise<readonly PartitionRange[]> {
    return this.answer(() =>
      topics.flatMap((topic) =>
        (this.topics.get(topic)?.partitions ?? []).map((records, partition) => ({
          topic,
          partition,
          startOffset: toOffset(0),
          endOffset: toOffset(records.length),
        })),
      ),
    );
  }

  append(records: readonly Appended[]): Promise<readonly AppendedRecord[]> {
    return this.answer(() => {
      const appended = records.map((record) => this.keep(record));
      if (this.notifies) for (const listener of this.listeners) setImmediate(listener, appended);
      return appended;
    });
  }

  readFrom(from: TopicPartition & { from: Offset; maxRecords: number; maxBytes: number }): Promise<readonly LogRecord[]> {
    return this.answer(() => {
      const records: LogRecord[] = [];
      let bytes = 0;
      for (const record of this.recordsOf(from).slice(Number(from.from), Number(from.from) + from.maxRecords)) {
        bytes += record.value?.length ?? 0;
        if (records.length > 0 && bytes > from.maxBytes) break;
        records.push(record);
      }
      return records;
    });
  }

  onAppended(listener: (partitions: readonly TopicPartition[]) => void): Promise<() => Promise<void>> {
    return this.answer(() => {
      this.listeners.add(listener);
      return () => {
        this.listeners.delete(listener);
        return Promise.resolve();
      };
    });
  }

  private keep({ topic, partition, key, value, headers }: Appended): AppendedRecord {
    const records = this.recordsOf({ topic, partition });
    const offset = toOffset(records.length);
    records.push({ offset, timestampMs: Date.now(), key, value, headers });
    return { topic, partition, offset };
  }

  private recordsOf({ topic, partition }: TopicPartition): LogRecord[] {
    const records = this.topics.get(topic)?.partitions[partition];
    if (records === undefined) throw new HarvestError({ code: 'topic-missing', message: `no such partition: ${topic}/${partition}` });
    return records;
  }

  private async answer<T>(work: () => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure !== null) throw this.failure;
    return work();
  }
}
