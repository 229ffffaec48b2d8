import { eventTopics, topicName } from '@harvest/contracts';
import type { EventLog } from '@harvest/contracts';
import { createKafkaLog } from '@harvest/ingest';
import { createMetrics, silentLogger } from '@harvest/observability';
import { createStore, type Store } from '@harvest/store';
import { MIGRATIONS } from '../../migrations';
import { Database, type CheckpointRow } from './database';
import { Fleet } from './fleet';
import { GroupOffsets } from './group-offsets';
import { waitUntil } from './wait-until';

export interface HouseOptions {
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly build: string;
}

export type Checkpoints = ReadonlyMap<string, CheckpointRow>;

/** One installation under test: its topics and tables, its processes, and what tests see of them. */
export class House {
  readonly database: Database;
  readonly fleet: Fleet;
  readonly topics: readonly string[];
  /** Those that carry nearly everything. */
  readonly hotTopics: readonly string[];

  private constructor(
    readonly options: HouseOptions,
    readonly log: EventLog,
    readonly store: Store,
    readonly group: GroupOffsets,
  ) {
    const { databaseUrl, brokers, topicPrefix, build } = options;
    this.database = new Database(databaseUrl);
    this.fleet = new Fleet({ build, env: { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers, TOPIC_PREFIX: topicPrefix } });
    this.topics = eventTopics(topicPrefix);
    this.hotTopics = [topicName(topicPrefix, 'artifacts'), topicName(topicPrefix, 'scores')];
  }

  static async build(options: HouseOptions): Promise<House> {
    const { databaseUrl, brokers, topicPrefix } = options;
    const log = createKafkaLog({ brokers: brokers.split(','), clientId: topicPrefix, logger: silentLogger, appendTimeoutMs: 10_000 });
    const topics = [...eventTopics(topicPrefix), topicName(topicPrefix, 'dead-letters')];
    await log.createTopics(topics.map((topic) => ({ topic, partitions: 4, retentionMs: -1 })));
    const store = createStore({ databaseUrl, topicPrefix, migrations: MIGRATIONS, logger: silentLogger, metrics: createMetrics() });
    await store.migrator.migrate();
    const installation = await store.generations.installationId();
    return new House(options, log, store, new GroupOffsets(brokers, `${topicPrefix}projector.${installation}.g1`));
  }

  /** Records in the log behind no checkpoint yet. */
  async lag(): Promise<number> {
    const [checkpoints, ranges] = await Promise.all([this.database.checkpoints(), this.log.ranges(this.topics)]);
    return ranges.reduce((sum, { topic, partition, startOffset, endOffset }) => {
      return sum + Number(endOffset - (checkpoints.get(`${topic}/${partition}`)?.next ?? startOffset));
    }, 0);
  }

  caughtUp(timeoutMs: number): Promise<true> {
    return waitUntil({ what: 'the log is projected to its end', timeoutMs, everyMs: 200 }, async () =>
      (await this.lag()) === 0 ? true : null,
    );
  }

  /** Every partition of the busy topics has moved on since `before`, or has nothing left to do. */
  async progressed(before: Checkpoints, timeoutMs: number): Promise<void> {
    await waitUntil({ what: 'every partition goes on', timeoutMs, everyMs: 150 }, async () => {
      const now = await this.database.checkpoints();
      const standing = [...now.values()].filter(
        ({ topic, place, next }) => this.hotTopics.includes(topic) && next <= (before.get(place)?.next ?? -1n),
      );
      if (standing.length === 0) return true;
      throw new Error(`standing: ${standing.map(({ place, next, owner }) => `${place}@${next} of ${owner}`).join(', ')}`);
    });
  }

  async close(): Promise<void> {
    await this.fleet.stop();
    await this.log.close();
    await this.store.close();
    await this.database.close();
  }
}
