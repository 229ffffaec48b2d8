import type { LogConsumerHandlers, LogConsumerOptions, NextOffset, TopicPartition } from '@harvest/contracts';
import { type Offset, toOffset, withDeadline } from '@harvest/kernel';
import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import type { CarrierMessage } from './fetch-response';
import { createKafkaClient, REQUEST_TIMEOUT_MS, type KafkaClient, type KafkaConnection } from './kafka-client';

const MAX_WAIT_MS = 100;
const HEARTBEAT_INTERVAL_MS = 500;
const MAX_PARTITION_BYTES = 1024 * 1024;
const MAX_FETCH_BYTES = 4 * 1024 * 1024;
const CONCURRENT_PARTITIONS_AT_MOST = 128;
/** kafkajs restarts itself after these; a client that stays silent is replaced by its owner's watchdog. */
const RETRY = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 10 };

export interface SessionOptions extends LogConsumerOptions {
  readonly connection: KafkaConnection;
  readonly partitions: number;
  readonly handlers: LogConsumerHandlers;
  /** Assignment numbers must grow over sessions as well. */
  readonly nextAssignment: () => number;
}

/** One kafkajs consumer from birth to death. Its owner replaces it when it falls silent. */
export class ConsumerSession {
  private readonly client: KafkaClient;
  private readonly consumer: Consumer;
  private readonly paused = new Map<string, TopicPartition>();
  private assigned: readonly TopicPartition[] = [];
  /** Null while the partitions are not ours. */
  private assignment: number | null = null;
  private isStopped = false;
  lastPollMs: number | null = null;
  /** Anything heard from the group: polls, joins. */
  lastSignMs = Date.now();

  constructor(private readonly options: SessionOptions) {
    // The group answers a SyncGroup only when its leader has spoken: a dead one is waited for as long as its session lasts.
    const retry = { ...RETRY, restartOnFailure: () => Promise.resolve(!this.isStopped) };
    this.client = createKafkaClient(options.connection, RETRY, options.sessionTimeoutMs + REQUEST_TIMEOUT_MS);
    this.consumer = this.client.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: Math.max(options.sessionTimeoutMs, 10_000),
      heartbeatInterval: Math.min(HEARTBEAT_INTERVAL_MS, Math.floor(options.sessionTimeoutMs / 10)),
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_PARTITION_BYTES,
      maxBytes: MAX_FETCH_BYTES,
      allowAutoTopicCreation: false,
      retry,
    });
    this.listen();
  }

  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    this.consumer
      .run({
        autoCommit: false,
        partitionsConsumedConcurrently: Math.min(this.options.partitions, CONCURRENT_PARTITIONS_AT_MOST),
        eachBatch: (payload) => Promise.resolve(this.guarded(() => this.handOver(payload))),
      })
      .catch((error: unknown) => this.die(error as Error));
  }

  /** Ends within `timeoutMs`, by cutting the connections if need be. Idempotent, never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    this.isStopped = true;
    this.revoke();
    await withDeadline(this.consumer.disconnect(), timeoutMs, 'leaving the group').catch((error: Error) =>
      this.options.connection.logger.warn({ groupId: this.options.groupId, reason: error.message }, 'left the group forcibly'),
    );
    this.client.destroySockets();
  }

  pause(partition: TopicPartition): void {
    if (this.assignment === null) return;
    this.paused.set(keyOf(partition), partition);
    this.consumer.pause([{ topic: partition.topic, partitions: [partition.partition] }]);
  }

  resume(partition: TopicPartition): void {
    if (this.assignment === null) return;
    this.paused.delete(keyOf(partition));
    this.consumer.resume([{ topic: partition.topic, partitions: [partition.partition] }]);
  }

  /** Without an assignment there is nothing to move: the next one asks for its positions. */
  seek({ topic, partition, nextOffset }: NextOffset): void {
    if (this.assignment !== null) this.consumer.seek({ topic, partition, offset: nextOffset.toString() });
  }

  async commit(positions: readonly NextOffset[]): Promise<void> {
    await this.consumer.commitOffsets(
      positions.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset.toString() })),
    );
  }

  private listen(): void {
    const { events } = this.consumer;
    this.consumer.on(events.GROUP_JOIN, (event) => this.guarded(() => this.join(event)));
    this.consumer.on(events.REBALANCING, () => this.guarded(() => this.revoke()));
    this.consumer.on(events.HEARTBEAT, () => this.guarded(() => this.beat()));
    this.consumer.on(events.CRASH, (event) => this.guarded(() => this.crash(event)));
    this.consumer.on(events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') this.polled();
    });
    this.consumer.on(events.FETCH, () => {
      if (this.nothingToFetch()) this.polled();
    });
  }

  private polled(): void {
    this.lastPollMs = Date.now();
    this.lastSignMs = this.lastPollMs;
  }

  private nothingToFetch(): boolean {
    return this.assignment !== null && this.assigned.every((partition) => this.paused.has(keyOf(partition)));
  }

  /** Before the first fetch of the assignment; must not wait for anything, or kafkajs fetches from elsewhere first. */
  private join(event: ConsumerGroupJoinEvent): void {
    this.revoke();
    if (this.isStopped) return;
    this.lastSignMs = Date.now();
    this.assigned = Object.entries(event.payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    const assignment = this.options.nextAssignment();
    this.assignment = assignment;
    for (const partition of this.paused.values()) this.resume(partition);
    const positions = new Map(this.options.handlers.onAssigned(this.assigned, assignment).map((entry) => [keyOf(entry), entry.nextOffset]));
    for (const partition of this.assigned) this.seek({ ...partition, nextOffset: positions.get(keyOf(partition)) ?? toOffset(0) });
  }

  private beat(): void {
    if (this.assignment !== null) this.options.handlers.onHeartbeat(this.assignment);
  }

  private revoke(): void {
    const revoked = this.assignment;
    this.assignment = null;
    if (revoked !== null) this.options.handlers.onRevoked(revoked);
  }

  /** Batches of revoked partitions, and those fetched before a pending seek, are kafkajs's to deliver and ours to drop. */
  private handOver(payload: EachBatchPayload): void {
    const { assignment } = this;
    const { batch } = payload;
    const carrier = batch.messages[0] as unknown as CarrierMessage | undefined;
    if (assignment === null || carrier === undefined || payload.isStale() || !payload.isRunning()) return;
    const position = {
      topic: batch.topic,
      partition: batch.partition,
      fetchedOffset: toOffset((batch as unknown as { fetchedOffset: string }).fetchedOffset),
      nextOffset: (BigInt(carrier.offset) + 1n) as Offset,
    };
    const { records, sizeBytes } = carrier;
    if (records.length === 0) this.options.handlers.onIdleAdvance(position, assignment);
    else this.options.handlers.onBatch({ ...position, endOffset: toOffset(batch.highWatermark), records, sizeBytes }, assignment);
  }

  private crash(event: ConsumerCrashEvent): void {
    this.revoke();
    const { error, restart } = event.payload;
    if (this.isStopped) return;
    if (!restart) return this.die(error);
    this.options.connection.logger.warn({ groupId: this.options.groupId, reason: error.message }, 'the consumer failed and restarts');
  }

  private die(error: Error): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.options.handlers.onCrash(error);
  }

  /** A throw inside a kafkajs callback would stop all fetchers, or be swallowed: a handler's bug ends the consumer instead. */
  private guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.options.connection.logger.error({ groupId: this.options.groupId, reason: (error as Error).message }, 'a log handler threw');
      this.die(error as Error);
    }
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
