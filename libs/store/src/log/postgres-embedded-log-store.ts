import type {
  AppendedRecord,
  EmbeddedLogStore,
  LogRecord,
  PartitionRange,
  RecordToAppend,
  TopicPartition,
  TopicSpec,
} from '@harvest/contracts';
import { HarvestError, toOffset, type Offset } from '@harvest/kernel';
import { ask, askRead, transact, type TransactionOptions } from '../connection/transact';
import type { Rows, WriteTransaction } from '../connection/write-transaction';
import { ArrayEncoder } from '../encoding/array-encoder';
import { decodeHeaders } from '../encoding/headers';
import { arrayLiteral } from '../freshness/counters';
import type { NoticeListener } from '../freshness/notice-listener';
import { encodeColumns } from '../tables/columns';
import { LOG_CHANNEL, LOG_COLUMNS, LOG_STATEMENTS as SQL, type LogRow } from './log.table';

type Appended = RecordToAppend & { readonly partition: number };

/** A partition's head while its row is locked. */
interface Head extends TopicPartition {
  readonly partitionId: number;
  readonly nowMs: number;
  next: bigint;
}

/** NOTIFY takes less than 8,000 bytes; beyond, the notice names no partition, which stands for all. */
const MAX_NOTICE_BYTES = 7_900;

/** The log of the one-process start: append-only, partitioned, durable. */
export class PostgresEmbeddedLogStore implements EmbeddedLogStore {
  private readonly encoder = new ArrayEncoder();
  private readonly partitionIds = new Map<string, number>();

  constructor(
    private readonly options: TransactionOptions,
    private readonly listener: NoticeListener,
  ) {}

  createTopics(specs: readonly TopicSpec[]): Promise<readonly string[]> {
    return transact(this.options, 'creating topics', async (transaction) => {
      this.encoder.reset();
      const created = await ask(transaction, SQL.createTopics, [
        this.encoder.array('text', specs, (spec) => spec.topic),
        this.encoder.array('int4', specs, (spec) => spec.partitions),
        this.encoder.array('int8', specs, (spec) => spec.retentionMs),
      ]);
      const topics = created.rows.map((row) => row[0] as string);
      if (topics.length > 0) transaction.put(SQL.createPartitions, [arrayLiteral(topics)]);
      return topics;
    });
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicSpec[]> {
    const { rows } = await askRead(this.options, SQL.describe, [arrayLiteral(topics)]);
    return rows.map((row) => ({ topic: row[0] as string, partitions: row[1] as number, retentionMs: Number(row[2]) }));
  }

  async ranges(topics: readonly string[]): Promise<readonly PartitionRange[]> {
    const { rows } = await askRead(this.options, SQL.ranges, [arrayLiteral(topics)]);
    return rows.map((row) => ({
      topic: row[0] as string,
      partition: row[1] as number,
      startOffset: toOffset(row[2] as string),
      endOffset: toOffset(row[3] as string),
    }));
  }

  async append(records: readonly Appended[]): Promise<readonly AppendedRecord[]> {
    if (records.length === 0) return [];
    return transact(this.options, 'appending to the log', async (transaction) => {
      const heads = await this.lockHeads(transaction, records);
      const rows = records.map((record) => takePlace(heads, record));
      transaction.put(SQL.insert, encodeColumns(this.encoder, LOG_COLUMNS, rows));
      const moved = [...heads.values()];
      this.encoder.reset();
      transaction.put(SQL.moveHeads, [
        this.encoder.array('int4', moved, (head) => head.partitionId),
        this.encoder.array('int8', moved, (head) => head.next),
      ]);
      transaction.put(SQL.notify, [noticeOf(moved)]);
      return rows.map(({ offset, record }) => ({ topic: record.topic, partition: record.partition!, offset: toOffset(offset) }));
    });
  }

  async readFrom(from: TopicPartition & { from: Offset; maxRecords: number; maxBytes: number }): Promise<readonly LogRecord[]> {
    const partitionId = await this.partitionId(from);
    const { rows } = await askRead(this.options, SQL.read, [partitionId, from.from, from.maxRecords, from.maxBytes]);
    return rows.map(decodeRecord);
  }

  async onAppended(listener: (partitions: readonly TopicPartition[]) => void): Promise<() => Promise<void>> {
    return this.listener.subscribe({
      onNotification: (channel, payload) => {
        if (channel === LOG_CHANNEL) listener(JSON.parse(payload) as TopicPartition[]);
      },
      // What was missed in between may be anything.
      onReconnected: () => listener([]),
      onDisconnected: () => undefined,
    });
  }

  private async lockHeads(transaction: WriteTransaction, records: readonly Appended[]): Promise<ReadonlyMap<string, Head>> {
    const wanted = [...new Map(records.map((record) => [keyOf(record), record])).values()];
    this.encoder.reset();
    const topics = this.encoder.array('text', wanted, (record) => record.topic);
    const partitions = this.encoder.array('int4', wanted, (record) => record.partition);
    const { rows } = await ask(transaction, SQL.lockHeads, [topics, partitions]);
    const heads = new Map(rows.map(decodeHead).map((head) => [keyOf(head), head]));
    const missing = wanted.find((record) => !heads.has(keyOf(record)));
    if (missing !== undefined) throw topicMissing(missing);
    return heads;
  }

  /** Topics are never removed, so an id once known stays true. */
  private async partitionId(at: TopicPartition): Promise<number> {
    const known = this.partitionIds.get(keyOf(at));
    if (known !== undefined) return known;
    const found: Rows = await askRead(this.options, SQL.findPartition, [at.topic, at.partition]);
    const id = found.rows[0]?.[0] as number | undefined;
    if (id === undefined) throw topicMissing(at);
    this.partitionIds.set(keyOf(at), id);
    return id;
  }
}

function takePlace(heads: ReadonlyMap<string, Head>, record: Appended): LogRow {
  const head = heads.get(keyOf(record))!;
  const offset = head.next;
  head.next += 1n;
  return { partitionId: head.partitionId, offset, timestampMs: head.nowMs, record };
}

function noticeOf(heads: readonly Head[]): string {
  const notice = JSON.stringify(heads.map(({ topic, partition }) => ({ topic, partition })));
  return Buffer.byteLength(notice) < MAX_NOTICE_BYTES ? notice : '[]';
}

function decodeHead(row: readonly unknown[]): Head {
  const [topic, partition, partitionId, next, nowMs] = row as [string, number, number, string, string];
  return { topic, partition, partitionId, next: BigInt(next), nowMs: Number(nowMs) };
}

function decodeRecord(row: readonly unknown[]): LogRecord {
  const [offset, timestampMs, key, value, headers] = row as [string, string, Buffer | null, Buffer | null, Buffer];
  return { offset: toOffset(offset), timestampMs: Number(timestampMs), key, value, headers: decodeHeaders(headers) };
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function topicMissing({ topic, partition }: TopicPartition): HarvestError {
  return new HarvestError({
    code: 'topic-missing',
    message: `the log has no ${topic}/${partition}: create it by \`harvest topics create\``,
    context: { topic, partition },
  });
}
