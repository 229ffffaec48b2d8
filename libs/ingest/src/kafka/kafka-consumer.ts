import type { LogConsumer, LogConsumerHandlers, LogConsumerOptions, NextOffset, TopicPartition } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import { CommitHints } from './commit-hints';
import { ConsumerSession } from './consumer-session';
import type { KafkaAdmin } from './kafka-admin';
import type { KafkaConnection } from './kafka-client';
import { classifyLogError } from './kafka-errors';

const WATCHDOG_TICK_MS = 1_000;
/** A gap between ticks that means that this process itself was stopped: then the silence is not the broker's. */
const STOPPED_PROCESS_MS = 5_000;
const REPLACED_SESSION_STOP_MS = 2_000;

export interface KafkaConsumerOptions extends LogConsumerOptions {
  readonly connection: KafkaConnection;
  readonly admin: KafkaAdmin;
  /** A client without an answered fetch or join for this long is replaced; above any rebalance. */
  readonly silenceMs?: number;
}

/** A consumer that outlives its kafkajs clients: a watchdog replaces one that has fallen silent (a dropped network hangs it for ever). */
export class KafkaConsumer implements LogConsumer {
  private session: ConsumerSession | null = null;
  private handlers: LogConsumerHandlers | null = null;
  private watchdog: NodeJS.Timeout | null = null;
  private assignments = 0;
  private partitions = 0;
  private isStopped = false;
  private isReplacing = false;
  private lastTickMs = Date.now();
  private lastAnsweredMs: number | null = null;
  private readonly hints = new CommitHints((positions) => this.session?.commit(positions) ?? Promise.resolve());

  constructor(private readonly options: KafkaConsumerOptions) {}

  async start(handlers: LogConsumerHandlers): Promise<void> {
    if (this.handlers !== null) throw new HarvestError({ code: 'consumer-already-started', message: 'a log consumer starts once' });
    this.handlers = handlers;
    const counts = await this.options.admin.partitionsOf(this.options.topics);
    for (const count of counts.values()) this.partitions += count;
    await this.openSession(handlers);
    this.watchdog = setInterval(() => this.tick(handlers), WATCHDOG_TICK_MS);
    this.watchdog.unref();
  }

  async stop(timeoutMs: number): Promise<void> {
    this.isStopped = true;
    if (this.watchdog !== null) clearInterval(this.watchdog);
    const session = this.session;
    await session?.stop(timeoutMs);
  }

  pause(partition: TopicPartition): void {
    this.session?.pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.session?.resume(partition);
  }

  seek(position: NextOffset): void {
    this.session?.seek(position);
  }

  commit(positions: readonly NextOffset[]): Promise<void> {
    return this.hints.commit(positions);
  }

  lastPollMs(): number | null {
    this.lastAnsweredMs = this.session?.lastPollMs ?? this.lastAnsweredMs;
    return this.lastAnsweredMs;
  }

  private async openSession(handlers: LogConsumerHandlers): Promise<void> {
    const { connection, groupId, topics, sessionTimeoutMs } = this.options;
    const session = new ConsumerSession({
      connection,
      groupId,
      topics,
      sessionTimeoutMs,
      handlers,
      partitions: this.partitions,
      nextAssignment: () => (this.assignments += 1),
    });
    this.session = session;
    try {
      await session.start();
    } catch (error) {
      await session.stop(REPLACED_SESSION_STOP_MS);
      throw classifyLogError(error, { topics, where: connection.brokers.join(',') });
    }
    if (this.isStopped) await session.stop(REPLACED_SESSION_STOP_MS);
  }

  private tick(handlers: LogConsumerHandlers): void {
    const nowMs = Date.now();
    const sinceTickMs = nowMs - this.lastTickMs;
    this.lastTickMs = nowMs;
    if (this.session === null || this.isReplacing) return;
    if (sinceTickMs > STOPPED_PROCESS_MS) this.session.lastSignMs = nowMs;
    if (nowMs - this.session.lastSignMs < this.silenceMs()) return;
    void this.replace(handlers, this.session);
  }

  private silenceMs(): number {
    return this.options.silenceMs ?? Math.max(60_000, 3 * this.options.sessionTimeoutMs);
  }

  private async replace(handlers: LogConsumerHandlers, silent: ConsumerSession): Promise<void> {
    const { logger } = this.options.connection;
    this.isReplacing = true;
    logger.warn(
      { groupId: this.options.groupId, silentMs: Date.now() - silent.lastSignMs },
      'no fetch was answered; replacing the Kafka client',
    );
    this.lastPollMs();
    await silent.stop(REPLACED_SESSION_STOP_MS);
    try {
      if (!this.isStopped) await this.openSession(handlers);
    } catch (error) {
      logger.warn({ groupId: this.options.groupId, reason: (error as Error).message }, 'the new Kafka client failed too; trying again');
    } finally {
      this.isReplacing = false;
    }
  }
}
