import { silentLogger } from '@harvest/observability';
import { type Admin, Kafka, logLevel, type Producer } from 'kafkajs';
import { createKafkaLog, type KafkaLogOptions } from '../kafka/kafka-log';
import { LogBench } from './log-bench';

/** The log under test on the real broker, and a plain kafkajs beside it that does to the broker what others might do. */
export class KafkaBench extends LogBench {
  readonly plain: Kafka;
  private readonly closers: (() => Promise<void>)[] = [];

  constructor(brokers: string, prefix: string, options: Partial<KafkaLogOptions> = {}) {
    super(createKafkaLog({ brokers: brokers.split(','), clientId: 'under-test', logger: silentLogger, ...options }), prefix);
    this.plain = new Kafka({ brokers: brokers.split(','), clientId: 'bench', logLevel: logLevel.NOTHING });
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

  async close(): Promise<void> {
    await this.stopConsumers();
    for (const close of this.closers.splice(0)) await close();
    await this.log.close();
  }
}
