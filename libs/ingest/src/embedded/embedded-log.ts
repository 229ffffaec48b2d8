import type { AppendedRecord, EmbeddedLogStore, EventLog, LogAppender, LogRecord, RecordToAppend } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import { chunksOf, type IndexedRecord, MAX_RECORD_BYTES, recordBytes } from '../append-chunks';
import { outOfRange, partitionMissing, recordTooLarge } from '../log-errors';
import { createPartitioner } from '../partitioner/partitioner';
import type { ReadRange } from '../read-range';
import { EmbeddedConsumer } from './embedded-consumer';
import { TimedStore } from './timed-store';

const DEFAULT_TIMEOUT_MS = 15_000;

export interface EmbeddedLogOptions {
  readonly store: EmbeddedLogStore;
  readonly logger: Logger;
  /** How often a consumer looks for records that no notification told it of. */
  readonly pollMs: number;
  /** Deadline of each call to the store, default 15 s. */
  readonly requestTimeoutMs?: number;
}

/** The event log in the embedded Postgres: the same positions, partitioning and errors as on Kafka. */
export function createEmbeddedLog(options: EmbeddedLogOptions): EventLog {
  const store = new TimedStore(options.store, options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS);
  const appender = new EmbeddedAppender(store);
  return {
    kind: 'embedded',
    append: (records) => appender.append(records),
    createTopics: (specs) => store.call('creating topics', (inner) => inner.createTopics(specs)),
    describeTopics: (topics) => store.call('describing topics', (inner) => inner.describeTopics(topics)),
    ranges: (topics) => store.ranges(topics),
    ping: async () => {
      await store.call('a ping', (inner) => inner.describeTopics([]));
    },
    read: (range) => readRange(store, range),
    createConsumer: (consumer) => new EmbeddedConsumer({ ...consumer, store, logger: options.logger, pollMs: options.pollMs }),
    close: () => Promise.resolve(),
  };
}

class EmbeddedAppender implements LogAppender {
  private readonly partitioner = createPartitioner();
  /** The embedded log's topics never grow and are never deleted. */
  private readonly partitions = new Map<string, number>();

  constructor(private readonly store: TimedStore) {}

  async append(records: readonly RecordToAppend[]): Promise<readonly AppendedRecord[]> {
    await this.learn([...new Set(records.map(({ topic }) => topic))]);
    const routed = records.map((record, index) => ({ index, record: this.route(record) }));
    const positions: AppendedRecord[] = [];
    for (const chunk of chunksOf(routed)) positions.push(...(await this.appendChunk(chunk)));
    return positions;
  }

  private appendChunk(chunk: readonly IndexedRecord[]): Promise<readonly AppendedRecord[]> {
    const records = chunk.map(({ record }) => ({ ...record, partition: record.partition ?? 0 }));
    return this.store.call('appending', (store) => store.append(records));
  }

  private route(record: RecordToAppend): RecordToAppend {
    const size = recordBytes(record);
    if (size > MAX_RECORD_BYTES) throw recordTooLarge(record.topic, size);
    return { ...record, partition: this.partitioner(record, this.partitions.get(record.topic) ?? 0) };
  }

  private async learn(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.partitions.has(topic));
    if (unknown.length === 0) return;
    for (const [topic, count] of await this.store.partitionsOf(unknown)) this.partitions.set(topic, count);
  }
}

async function* readRange(store: TimedStore, range: ReadRange): AsyncGenerator<readonly LogRecord[]> {
  if (range.from >= range.to) return;
  await checkRange(store, range);
  let position = range.from;
  while (position < range.to) {
    const records = await store.readFrom(range.topic, range.partition, position);
    const last = records.at(-1);
    if (last === undefined) throw outOfRange(range.topic, range.partition, `it ends before offset ${range.to}`);
    position = (last.offset + 1n) as Offset;
    const wanted = position > range.to ? records.filter(({ offset }) => offset < range.to) : records;
    if (wanted.length > 0) yield wanted;
  }
}

async function checkRange(store: TimedStore, { topic, partition, from }: ReadRange): Promise<void> {
  const ranges = await store.ranges([topic]);
  const held = ranges.find((range) => range.partition === partition);
  if (held === undefined) throw partitionMissing(topic, partition, ranges.length);
  if (from < held.startOffset) throw outOfRange(topic, partition, `it starts at ${held.startOffset}, after offset ${from}`);
}
