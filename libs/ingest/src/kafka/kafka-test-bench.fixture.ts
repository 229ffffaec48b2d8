import type { EventLog, LogConsumer, NextOffset } from '@harvest/contracts';
import { silentLogger } from '@harvest/observability';
import { serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { RecordingHandlers } from '../contract/recording-handlers';
import { createKafkaLog, type KafkaLogOptions } from './kafka-log';

export const STOP_TIMEOUT_MS = 5_000;

/** The log under test on the real broker, and a plain kafkajs beside it that does to the broker what others might do. */
export class KafkaBench {
  readonly prefix = uniqueTopicPrefix();
  readonly brokers = serviceAddress('kafka').split(',');
  readonly plain = new Kafka({ brokers: this.brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  readonly log: EventLog;
  private readonly consumers: LogConsumer[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private number = 0;

  constructor(options: Partial<KafkaLogOptions> = {}) {
    this.log = createKafkaLog({ brokers: this.brokers, clientId: 'under-test', logger: silentLogger, ...options });
  }

  async newTopic(partitions = 1): Promise<string> {
    const topic = `${this.prefix}topic-${(this.number += 1)}`;
    await this.log.createTopics([{ topic, partitions, retentionMs: -1 }]);
    return topic;
  }

  async admin(): Promise<Admin> {
    const admin = this.plain.admin();
    await admin.connect();
    this.closers.push(() => admin.disconnect());
    return admin;
  }

  async producer(transactionalId?: string): Promise<Producer> {
    const transactional = transactionalId === undefined ? {} : { transactionalId, maxInFlightRequests: 1, idempotent: true };
    const producer = this.plain.producer({ allowAutoTopicCreation: false, ...transactional });
    await producer.connect();
    this.closers.push(() => producer.disconnect());
    return producer;
  }

  newConsumer(topic: string, groupId: string): LogConsumer {
    const consumer = this.log.createConsumer({ groupId, topics: [topic], sessionTimeoutMs: 6_000 });
    this.consumers.push(consumer);
    return consumer;
  }

  async consume(topic: string, startAt: readonly NextOffset[] = [], groupId = `${topic}.group`): Promise<RecordingHandlers> {
    const handlers = new RecordingHandlers(startAt);
    await this.newConsumer(topic, groupId).start(handlers);
    return handlers;
  }

  async stopConsumers(): Promise<void> {
    for (const consumer of this.consumers.splice(0)) await consumer.stop(STOP_TIMEOUT_MS);
  }

  async close(): Promise<void> {
    await this.stopConsumers();
    for (const close of this.closers.splice(0)) await close();
    await this.log.close();
  }
}
