import type { EventLog } from '@harvest/contracts';
import type { Logger } from '@harvest/observability';
import { KafkaAdmin } from './kafka-admin';
import { KafkaAppender } from './kafka-appender';
import type { KafkaConnection } from './kafka-client';
import { KafkaConsumer } from './kafka-consumer';
import { KafkaReader } from './kafka-reader';

export interface KafkaLogOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
  /** Deadline of each question to the broker, default 15 s. */
  readonly requestTimeoutMs?: number;
  /** Deadline of each appended chunk, retries included, default 30 s. */
  readonly appendTimeoutMs?: number;
  /** A consumer's client without an answer for this long is replaced, default the longer of 60 s and three session timeouts. */
  readonly silenceMs?: number;
}

/** The event log on Kafka. Connects when first used; `close` ends all but the consumers. */
export function createKafkaLog(options: KafkaLogOptions): EventLog {
  const connection: KafkaConnection = { brokers: options.brokers, clientId: options.clientId, logger: options.logger };
  const requestTimeoutMs = options.requestTimeoutMs ?? 15_000;
  const admin = new KafkaAdmin(connection, requestTimeoutMs);
  const appender = new KafkaAppender(connection, admin, options.appendTimeoutMs ?? 30_000);
  const reader = new KafkaReader(connection, requestTimeoutMs);
  const silence = options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs };
  return {
    kind: 'kafka',
    append: (records) => appender.append(records),
    createTopics: (specs) => admin.createTopics(specs),
    describeTopics: (topics) => admin.describeTopics(topics),
    ranges: (topics) => admin.ranges(topics),
    ping: () => admin.ping(),
    read: (range) => reader.read(range),
    createConsumer: (consumer) => new KafkaConsumer({ ...consumer, ...silence, connection, admin }),
    close: async () => {
      await appender.close();
      await admin.close();
    },
  };
}
