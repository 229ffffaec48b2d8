import { type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { LogRecord } from '@harvest/contracts';
import { withDeadline } from '@harvest/kernel';
import type { Client } from 'pg';
import { connectClient } from './connect-client';

/** As libs/ingest hands it through kafkajs. */
interface CarrierMessage {
  readonly records: readonly LogRecord[];
}

const LIMIT_MS = 20_000;
const TABLE = 'CREATE TABLE bench_floor (key text CONSTRAINT bench_floor_pkey PRIMARY KEY, value text NOT NULL)';
const INSERT = 'INSERT INTO bench_floor (key, value) VALUES ($1, $2)';

/** C5: bare produce → consume → one row committed, on the same broker and server. */
export class Floor {
  private readonly waiting = new Map<string, () => void>();

  private constructor(
    private readonly topic: string,
    private readonly producer: Producer,
    private readonly consumer: Consumer,
    private readonly client: Client,
  ) {}

  static async open(at: { brokers: string; databaseUrl: string; topicPrefix: string }): Promise<Floor> {
    const kafka = new Kafka({ brokers: at.brokers.split(','), clientId: 'bench-floor', logLevel: logLevel.NOTHING });
    const topic = `${at.topicPrefix}floor`;
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50 });
    const client = await connectClient({ connectionString: at.databaseUrl, application_name: 'bench-floor' });
    await Promise.all([producer.connect(), consumer.connect()]);
    await client.query(TABLE);
    const floor = new Floor(topic, producer, consumer, client);
    await floor.consume();
    return floor;
  }

  /** From before the record is produced to after its row is committed, in ms. */
  async once(key: string): Promise<number> {
    const beganMs = performance.now();
    const committed = new Promise<void>((resolve) => this.waiting.set(key, resolve));
    await this.producer.send({ topic: this.topic, acks: -1, messages: [{ key, value: '{"a":1}' }] });
    await withDeadline(committed, LIMIT_MS, `committing the bare record '${key}'`);
    return performance.now() - beganMs;
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
    await Promise.all([this.producer.disconnect(), this.client.end()]);
  }

  private async commit(record: LogRecord): Promise<void> {
    const key = (record.key ?? '').toString();
    await this.client.query({ name: 'floor', text: INSERT, values: [key, (record.value ?? '').toString()] });
    this.waiting.get(key)?.();
    this.waiting.delete(key);
  }

  private async consume(): Promise<void> {
    await this.consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await this.consumer.run({
      eachMessage: async ({ message }) => {
        // The product's fetch decoder is installed in this process: what one fetch brought comes as one message.
        for (const record of (message as unknown as CarrierMessage).records) await this.commit(record);
      },
    });
    await this.once('first');
  }
}
