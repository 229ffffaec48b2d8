import type { LogAdmin, PartitionRange, TopicSpec } from '@harvest/contracts';
import { systemClock, toOffset, withDeadline } from '@harvest/kernel';
import { type Admin, ConfigResourceTypes } from 'kafkajs';
import { MAX_RECORD_BYTES } from '../append-chunks';
import { topicMissing } from '../log-errors';
import { createKafkaClient, type KafkaClient, type KafkaConnection } from './kafka-client';
import { classifyLogError } from './kafka-errors';

const APPEARANCE_POLL_MS = 50;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 };

interface OpenAdmin {
  readonly client: KafkaClient;
  readonly admin: Admin;
}

/** Topics and positions over one connection, opened when first needed and replaced after any failure. */
export class KafkaAdmin implements LogAdmin {
  private open: Promise<OpenAdmin> | null = null;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly timeoutMs: number,
  ) {}

  async createTopics(specs: readonly TopicSpec[]): Promise<readonly string[]> {
    return this.ask(
      specs.map(({ topic }) => topic),
      async (admin) => {
        const existing = await partitionCounts(admin);
        const created: string[] = [];
        for (const spec of specs) if (!existing.has(spec.topic) && (await createTopic(admin, spec))) created.push(spec.topic);
        await this.appearance(admin, created);
        return created;
      },
    );
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicSpec[]> {
    return this.ask(topics, async (admin) => {
      const partitions = await partitionCounts(admin);
      const present = topics.filter((topic) => partitions.has(topic));
      const retention = await retentions(admin, present);
      return present.map((topic) => ({
        topic,
        partitions: partitions.get(topic) ?? 0,
        retentionMs: retention.get(topic) ?? -1,
      }));
    });
  }

  async ranges(topics: readonly string[]): Promise<readonly PartitionRange[]> {
    return this.ask(topics, async (admin) => {
      await this.partitionsOf(topics);
      const perTopic = await Promise.all(topics.map((topic) => rangesOf(admin, topic)));
      return perTopic.flat();
    });
  }

  async ping(): Promise<void> {
    await this.ask([], (admin) => admin.describeCluster());
  }

  /** Partitions per topic. @throws HarvestError `topic-missing` naming all that do not exist. */
  async partitionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.ask(topics, async (admin) => {
      const partitions = await partitionCounts(admin);
      const missing = topics.filter((topic) => !partitions.has(topic));
      if (missing.length > 0) throw topicMissing(missing);
      return new Map(topics.map((topic) => [topic, partitions.get(topic) ?? 0]));
    });
  }

  async close(): Promise<void> {
    const open = this.open;
    this.open = null;
    await discard(open);
  }

  /** kafkajs's own wait for leaders fails when a busy broker's metadata do not know a new topic yet. */
  private async appearance(admin: Admin, topics: readonly string[]): Promise<void> {
    const giveUpMs = Date.now() + this.timeoutMs;
    while (Date.now() < giveUpMs) {
      const led = await partitionCounts(admin);
      if (topics.every((topic) => led.has(topic))) return;
      await systemClock.sleep(APPEARANCE_POLL_MS);
    }
  }

  private async ask<T>(topics: readonly string[], question: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(
        this.connected().then(({ admin }) => question(admin)),
        this.timeoutMs,
        'asking the event log',
      );
    } catch (error) {
      const coded = classifyLogError(error, { topics, where: this.connection.brokers.join(',') });
      if (coded !== error) void this.close();
      throw coded;
    }
  }

  private connected(): Promise<OpenAdmin> {
    this.open ??= this.connect();
    return this.open;
  }

  private async connect(): Promise<OpenAdmin> {
    const client = createKafkaClient(this.connection, RETRY);
    const admin = client.kafka.admin();
    await admin.connect();
    return { client, admin };
  }
}

/** Never rejects and never waits for a broker that does not answer. */
async function discard(open: Promise<OpenAdmin> | null): Promise<void> {
  const opened = await open?.catch(() => null);
  if (!opened) return;
  await withDeadline(opened.admin.disconnect(), 1_000, 'disconnecting').catch(() => undefined);
  opened.client.destroySockets();
}

/** Of topics whose partitions all have a leader. */
async function partitionCounts(admin: Admin): Promise<ReadonlyMap<string, number>> {
  const { topics } = await admin.fetchTopicMetadata();
  const led = topics.filter(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
  return new Map(led.map(({ name, partitions }) => [name, partitions.length]));
}

/** False when another process was quicker. */
function createTopic(admin: Admin, spec: TopicSpec): Promise<boolean> {
  const configEntries = [
    { name: 'retention.ms', value: String(spec.retentionMs) },
    { name: 'retention.bytes', value: '-1' },
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'max.message.bytes', value: String(MAX_RECORD_BYTES) },
  ];
  return admin.createTopics({ waitForLeaders: false, topics: [{ topic: spec.topic, numPartitions: spec.partitions, configEntries }] });
}

async function retentions(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms'] })),
  });
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, Number(configEntries[0]?.configValue ?? -1)]));
}

async function rangesOf(admin: Admin, topic: string): Promise<PartitionRange[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets
    .map(({ partition, low, high }) => ({ topic, partition, startOffset: toOffset(low), endOffset: toOffset(high) }))
    .sort((a, b) => a.partition - b.partition);
}
