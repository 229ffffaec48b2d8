import type { AppendedRecord, LogAppender, RecordToAppend } from '@harvest/contracts';
import { withDeadline } from '@harvest/kernel';
import { byTopic, chunksOf, type IndexedRecord, recordBytes } from '../append-chunks';
import type { KafkaAdmin } from './kafka-admin';
import type { KafkaConnection } from './kafka-client';
import { classifyAppendError } from './kafka-errors';
import { TopicProducer } from './topic-producer';

const CLOSE_TIMEOUT_MS = 2_000;

/** A producer per topic: one deleted topic makes every later send of a kafkajs producer fail, to any topic. */
export class KafkaAppender implements LogAppender {
  private readonly producers = new Map<string, TopicProducer>();

  constructor(
    private readonly connection: KafkaConnection,
    private readonly admin: KafkaAdmin,
    private readonly timeoutMs: number,
  ) {}

  async append(records: readonly RecordToAppend[]): Promise<readonly AppendedRecord[]> {
    const positions = Array.from<AppendedRecord>({ length: records.length });
    const topics = [...byTopic(records)];
    const outcomes = await Promise.allSettled(topics.map(([topic, entries]) => this.appendTo(topic, entries, positions)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    return positions;
  }

  async close(): Promise<void> {
    const producers = [...this.producers.values()];
    this.producers.clear();
    await Promise.all(producers.map((producer) => producer.close(CLOSE_TIMEOUT_MS)));
  }

  private async appendTo(topic: string, entries: readonly IndexedRecord[], positions: AppendedRecord[]): Promise<void> {
    for (const chunk of chunksOf(entries)) {
      const appended = await this.sendChunk(topic, chunk);
      chunk.forEach(({ index }, place) => {
        positions[index] = appended[place] as AppendedRecord;
      });
    }
  }

  private async sendChunk(topic: string, chunk: readonly IndexedRecord[]): Promise<AppendedRecord[]> {
    const records = chunk.map(({ record }) => record);
    try {
      const sending = this.producerOf(topic).then((producer) => producer.send(records));
      return await withDeadline(sending, this.timeoutMs, `appending to ${topic}`);
    } catch (error) {
      this.discard(topic);
      const largestBytes = records.reduce((largest, record) => Math.max(largest, recordBytes(record)), 0);
      throw classifyAppendError(error, { topic, where: this.connection.brokers.join(','), largestBytes });
    }
  }

  /** A new producer first asks whether its topic exists: kafkajs itself would retry for seconds. */
  private async producerOf(topic: string): Promise<TopicProducer> {
    const known = this.producers.get(topic);
    if (known !== undefined) return known;
    await this.admin.partitionsOf([topic]);
    const producer = this.producers.get(topic) ?? new TopicProducer(topic, this.connection);
    this.producers.set(topic, producer);
    return producer;
  }

  /** After a failure a producer's sequence numbers and metadata are not to be trusted. */
  private discard(topic: string): void {
    const producer = this.producers.get(topic);
    this.producers.delete(topic);
    void producer?.close(CLOSE_TIMEOUT_MS);
  }
}
