import type { EventLog, LogConsumer, LogRecord, NextOffset, RecordToAppend } from '@harvest/contracts';
import { RecordingHandlers } from './recording-handlers';

export const STOP_TIMEOUT_MS = 5_000;
const SESSION_TIMEOUT_MS = 6_000;

/** Promises of the port, each under its name. */
export type ContractCases = Readonly<Record<string, (bench: LogBench) => Promise<void>>>;

/** A log under test, names that no other run uses, and the consumers to be stopped after each case. */
export class LogBench {
  private readonly consumers: LogConsumer[] = [];
  private names = 0;

  constructor(
    readonly log: EventLog,
    readonly prefix: string,
  ) {}

  newName(): string {
    return `${this.prefix}name-${(this.names += 1)}`;
  }

  async newTopic(partitions = 1): Promise<string> {
    const topic = this.newName();
    await this.log.createTopics([{ topic, partitions, retentionMs: -1 }]);
    return topic;
  }

  newConsumer(topics: readonly string[], groupId = this.newName()): LogConsumer {
    const consumer = this.log.createConsumer({ groupId, topics, sessionTimeoutMs: SESSION_TIMEOUT_MS });
    this.consumers.push(consumer);
    return consumer;
  }

  async consume(topic: string, handlers: RecordingHandlers, groupId = this.newName()): Promise<LogConsumer> {
    const consumer = this.newConsumer([topic], groupId);
    await consumer.start(handlers);
    return consumer;
  }

  /** Starts a consumer at these positions and returns what it says. */
  async record(topic: string, startAt: readonly NextOffset[] = [], groupId = this.newName()): Promise<RecordingHandlers> {
    const handlers = new RecordingHandlers(startAt);
    await this.consume(topic, handlers, groupId);
    return handlers;
  }

  async stopConsumers(): Promise<void> {
    for (const consumer of this.consumers.splice(0)) await consumer.stop(STOP_TIMEOUT_MS);
  }
}

/** Its partition is left to the partitioner. */
export function record(topic: string, key: string | null, value: string | null): RecordToAppend {
  return { topic, key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value), headers: {} };
}

export function recordIn(partition: number, topic: string, value: string): RecordToAppend {
  return { ...record(topic, 'k', value), partition };
}

/** v0, v1, … in partition 0. */
export function numbered(topic: string, count: number, from = 0): RecordToAppend[] {
  return Array.from({ length: count }, (_, index) => ({ ...record(topic, `k${index + from}`, `v${index + from}`), partition: 0 }));
}

/** All that a partition holds. */
export async function readAll(log: EventLog, topic: string, partition: number): Promise<LogRecord[]> {
  const range = (await log.ranges([topic])).find((entry) => entry.partition === partition);
  if (range === undefined) throw new Error(`${topic}/${partition} has no range`);
  const records: LogRecord[] = [];
  for await (const batch of log.read({ topic, partition, from: range.startOffset, to: range.endOffset })) records.push(...batch);
  return records;
}
