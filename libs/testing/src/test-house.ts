import { createAnswerCache } from '@harvest/cache';
import { eventTopics, topicName, type EventLog, type RecordToAppend } from '@harvest/contracts';
import { createKafkaLog } from '@harvest/ingest';
import { createMetrics, HealthRegistry, silentLogger } from '@harvest/observability';
import { createProjectorRuntime, currentDefinitions } from '@harvest/projections';
import { createQueries } from '@harvest/queries';
import { createStore, type Store } from '@harvest/store';
import { MIGRATIONS } from '../../../migrations';
import { createTestDatabase, serviceAddress, uniqueTopicPrefix } from './services';

export interface TestHouseOptions {
  /** Without Redis the first tier stands alone. */
  readonly withRedis?: boolean;
  readonly maxStaleMs?: number;
  readonly partitions?: number;
}

/** Every room on real services, with topics, a database and a projector of its own: what the api stands on. */
export async function createTestHouse(options: TestHouseOptions = {}) {
  const topicPrefix = uniqueTopicPrefix();
  const database = await createTestDatabase();
  const shared = { topicPrefix, logger: silentLogger, metrics: createMetrics() };
  const store = createStore({ ...shared, databaseUrl: database.url, migrations: MIGRATIONS });
  await store.migrator.migrate();
  await store.generations.ensureFirst(currentDefinitions());
  const log = createKafkaLog({ brokers: serviceAddress('kafka').split(','), clientId: topicPrefix, logger: silentLogger });
  const topics = [...eventTopics(topicPrefix), topicName(topicPrefix, 'dead-letters')];
  await log.createTopics(topics.map((topic) => ({ topic, partitions: options.partitions ?? 2, retentionMs: -1 })));
  const projector = startProjector(log, store, shared);
  await projector.start();
  const cache = createAnswerCache({ ...cacheOptions(options), ...shared, counters: store.counters, changes: store.changes });
  await cache.start();
  const queries = createQueries(store.reader, { cursorSecret: 'a secret of the tests', topicPrefix });
  return {
    ...{ topicPrefix, store, log, projector, cache, queries, database, changes: store.changes },
    ...{ health: new HealthRegistry(), logger: silentLogger, metrics: shared.metrics },
    append: (...built: readonly { record: RecordToAppend }[]) => log.append(built.map(({ record }) => record)),
    close: async () => {
      await projector.stop(5_000);
      await cache.stop();
      await log.close();
      await store.close();
      await database.drop();
    },
  };
}

export type TestHouse = Awaited<ReturnType<typeof createTestHouse>>;

function startProjector(
  log: EventLog,
  ports: Store,
  shared: { topicPrefix: string; logger: typeof silentLogger; metrics: ReturnType<typeof createMetrics> },
) {
  const onCrash = (error: Error) => {
    throw error;
  };
  return createProjectorRuntime({ ...shared, log, ports, settings: { owner: 'test', sessionTimeoutMs: 6_000 }, onCrash });
}

function cacheOptions({ withRedis = false, maxStaleMs = 1000 }: TestHouseOptions) {
  return { redisUrl: withRedis ? serviceAddress('redis') : null, maxStaleMs: { discoveries: maxStaleMs, ingestions: maxStaleMs } };
}
