import type { LogReader, LogRecord, TopicPartition } from '@harvest/contracts';
import { type Offset, toOffset, withDeadline } from '@harvest/kernel';
import { outOfRange, partitionMissing, topicMissing } from '../log-errors';
import type { ReadRange } from '../read-range';
import { createCluster, type FetchAnswer, type KafkaCluster, READ_COMMITTED } from './kafka-cluster';
import { createKafkaClient, type KafkaConnection } from './kafka-client';
import { classifyLogError } from './kafka-errors';

const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 };
const MAX_WAIT_MS = 100;
const MAX_FETCH_BYTES = 2 * 1024 * 1024;

/**
 * Reads a partition straight from its leader: no group, so nothing to join, to disturb or to clean up. One fetch is on its way
 * while the caller works on the one before.
 */
export class KafkaReader implements LogReader {
  constructor(
    private readonly connection: KafkaConnection,
    private readonly timeoutMs: number,
  ) {}

  async *read(range: ReadRange): AsyncGenerator<readonly LogRecord[]> {
    if (range.from >= range.to) return;
    const client = createKafkaClient(this.connection, RETRY);
    const cluster = createCluster(client.kafka);
    try {
      yield* this.batches(cluster, range);
    } catch (error) {
      throw classifyLogError(error, { topics: [range.topic], where: this.connection.brokers.join(',') });
    } finally {
      await withDeadline(cluster.disconnect(), 1_000, 'disconnecting').catch(() => undefined);
      client.destroySockets();
    }
  }

  private async *batches(cluster: KafkaCluster, range: ReadRange): AsyncGenerator<readonly LogRecord[]> {
    await this.timed(connectTo(cluster, range), 'connecting to the event log');
    let position = range.from;
    let lastProgressMs = Date.now();
    let pending = this.fetch(cluster, range, position);
    for (;;) {
      const fetched = await pending;
      if (fetched.nextOffset > position) lastProgressMs = Date.now();
      else this.checkStall(range, { position, endOffset: fetched.endOffset, lastProgressMs });
      position = fetched.nextOffset;
      const isLast = position >= range.to;
      if (!isLast) pending = this.fetch(cluster, range, position);
      const records = isLast ? fetched.records.filter(({ offset }) => offset < range.to) : fetched.records;
      if (records.length > 0) yield records;
      if (isLast) return;
    }
  }

  /** An open transaction may hide the rest for a while; an end below the range will not move. */
  private checkStall(range: ReadRange, state: { position: Offset; endOffset: Offset; lastProgressMs: number }): void {
    const { position, endOffset, lastProgressMs } = state;
    if (endOffset < position) throw outOfRange(range.topic, range.partition, `it ends at ${endOffset}, before offset ${position}`);
    if (Date.now() - lastProgressMs < this.timeoutMs) return;
    throw outOfRange(range.topic, range.partition, `nothing was readable from offset ${position} on for ${this.timeoutMs} ms`);
  }

  /** Rejections are looked at when awaited; an abandoned one must not count as unhandled. */
  private fetch(cluster: KafkaCluster, range: ReadRange, position: Offset) {
    const fetching = this.timed(fetchOnce(cluster, range, position), `reading ${range.topic}/${range.partition}`);
    fetching.catch(() => undefined);
    return fetching;
  }

  private timed<T>(work: Promise<T>, what: string): Promise<T> {
    return withDeadline(work, this.timeoutMs, what);
  }
}

async function connectTo(cluster: KafkaCluster, range: ReadRange): Promise<void> {
  await cluster.connect();
  await cluster.addTargetTopic(range.topic);
}

async function fetchOnce(cluster: KafkaCluster, range: ReadRange, position: Offset) {
  const broker = await leaderOf(cluster, range);
  const answer = await broker.fetch({
    maxWaitTime: MAX_WAIT_MS,
    minBytes: 1,
    maxBytes: MAX_FETCH_BYTES,
    isolationLevel: READ_COMMITTED,
    topics: [
      { topic: range.topic, partitions: [{ partition: range.partition, fetchOffset: position.toString(), maxBytes: MAX_FETCH_BYTES }] },
    ],
  });
  return fetchedFrom(answer, position);
}

function fetchedFrom(answer: FetchAnswer, position: Offset) {
  const partition = answer.responses[0]?.partitions[0];
  const carrier = partition?.messages[0];
  return {
    records: carrier?.records ?? [],
    nextOffset: carrier === undefined ? position : toOffset(BigInt(carrier.offset) + 1n),
    endOffset: toOffset(partition?.highWatermark ?? position),
  };
}

async function leaderOf(cluster: KafkaCluster, { topic, partition }: TopicPartition) {
  const partitions = cluster.findTopicPartitionMetadata(topic);
  if (partitions.length === 0) throw topicMissing([topic]);
  const metadata = partitions.find(({ partitionId }) => partitionId === partition);
  if (metadata === undefined) throw partitionMissing(topic, partition, partitions.length);
  return cluster.findBroker({ nodeId: metadata.leader });
}
