import type { AppendedRecord, RecordToAppend } from '@harvest/contracts';
import { type Offset, toOffset, withDeadline } from '@harvest/kernel';
import type { Message, Producer } from 'kafkajs';
import { createPartitioner, type Partitioner } from '../partitioner/partitioner';
import { createKafkaClient, type KafkaClient, type KafkaConnection } from './kafka-client';

/** About 12 s in all, enough for a broker's restart; the caller's deadline ends it earlier. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10 };

type RoutedMessage = Message & { chosenPartition?: number };

/** One idempotent producer for one topic; used until its first failure, then thrown away. */
export class TopicProducer {
  private readonly client: KafkaClient;
  private readonly producer: Producer;
  private connecting: Promise<void> | null = null;

  constructor(
    private readonly topic: string,
    connection: KafkaConnection,
  ) {
    const partitioner = createPartitioner();
    this.client = createKafkaClient(connection, RETRY);
    this.producer = this.client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => (args) => route(partitioner, args.message, { topic: args.topic, partitions: args.partitionMetadata.length }),
    });
  }

  /** Positions in the order of `records`, all of this topic. */
  async send(records: readonly RecordToAppend[]): Promise<AppendedRecord[]> {
    this.connecting ??= this.producer.connect();
    await this.connecting;
    const messages = records.map(toMessage);
    const answers = await this.producer.send({ topic: this.topic, acks: -1, messages });
    const nextOffsets = new Map(answers.map(({ partition, baseOffset }) => [partition, toOffset(baseOffset ?? 0)]));
    return messages.map(({ chosenPartition = 0 }) => {
      const offset = nextOffsets.get(chosenPartition) ?? toOffset(0);
      nextOffsets.set(chosenPartition, (offset + 1n) as Offset);
      return { topic: this.topic, partition: chosenPartition, offset };
    });
  }

  /** Never rejects. */
  async close(timeoutMs: number): Promise<void> {
    await withDeadline(this.producer.disconnect(), timeoutMs, 'closing a producer').catch(() => undefined);
    this.client.destroySockets();
  }
}

function toMessage(record: RecordToAppend): RoutedMessage {
  return {
    key: record.key,
    value: record.value,
    headers: { ...record.headers },
    ...(record.partition === undefined ? {} : { partition: record.partition }),
  };
}

/** kafkajs does not say where a record went, and drops what is routed to a partition that does not exist: so we route. */
function route(partitioner: Partitioner, message: RoutedMessage, { topic, partitions }: { topic: string; partitions: number }): number {
  const key = message.key == null ? null : Buffer.from(message.key as Buffer);
  const partition = message.partition ?? message.chosenPartition;
  message.chosenPartition = partitioner({ topic, key, ...(partition === undefined ? {} : { partition }) }, partitions);
  return message.chosenPartition;
}
