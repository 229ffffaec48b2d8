import { createHash } from 'node:crypto';
import { createAnswerCache } from '@harvest/cache';
import type { ManagedAnswerCache } from '@harvest/cache';
import type { ServiceConfig } from '@harvest/config';
import { createKafkaLog } from '@harvest/ingest';
import { HarvestError } from '@harvest/kernel';
import type { HarvestMetrics, HealthRegistry, Logger } from '@harvest/observability';
import type { Profiling } from '@harvest/profiling';
import { createQueries } from '@harvest/queries';
import { createStore } from '@harvest/store';
import type { Store } from '@harvest/store';
import { MIGRATIONS } from '../../../migrations';
import type { ApiPorts } from './api.ports';

export interface Surroundings {
  readonly config: ServiceConfig;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
  readonly health: HealthRegistry;
  readonly profiling: Profiling;
}

export interface ApiServices {
  readonly ports: ApiPorts;
  readonly cache: ManagedAnswerCache;
  readonly store: Store;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Postgres, Redis and Kafka for a process that serves the API alone. Rejects with `database-not-migrated` or `store-unreachable`. */
export async function openApiServices(surroundings: Surroundings): Promise<ApiServices> {
  const { config, logger, metrics, health } = surroundings;
  const store = openStore(surroundings);
  try {
    await store.migrator.assertMigrated();
    const topicPrefix = config.topics.prefix;
    const cursorSecret = config.cursorSecret ?? deriveSecret(await store.generations.installationId());
    const queries = createQueries(store.reader, { cursorSecret, topicPrefix });
    const log = createKafkaLog({ brokers: config.kafkaBrokers, clientId: 'harvest-api', logger });
    const cache = openCache(store, surroundings);
    await cache.start();
    // Beside the first answers, which it must not delay; without it they are slower, and nothing else.
    store.openReaders().catch((error: unknown) => logger.warn({ err: error }, 'connections could not be opened ahead'));
    registerChecks(health, { store, cache, pingLog: () => log.ping() });
    const ports = { log, queries, cache, changes: store.changes, topicPrefix, health, metrics, logger };
    const close = async () => {
      await Promise.all([cache.stop(), log.close()]);
      await store.close();
    };
    return { ports, cache, store, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function openStore({ config, logger, metrics, profiling }: Surroundings): Store {
  const { poolSize, poolOverflow, activeReads, poolWaitMs, statementTimeoutMs } = config.database;
  return createStore({
    databaseUrl: config.databaseUrl,
    topicPrefix: config.topics.prefix,
    migrations: MIGRATIONS,
    pool: {
      ...{ readers: poolSize, readersOverflow: poolOverflow, activeReads, waitMs: poolWaitMs, writers: 1 },
      applicationName: 'harvest-api',
    },
    readTimeoutMs: statementTimeoutMs,
    onQuery: profiling.onQuery,
    logger,
    metrics,
  });
}

function openCache(store: Store, { config, logger, metrics }: Surroundings): ManagedAnswerCache {
  const { l1Bytes, ttlMs, maxStaleMs, maxRefills, redisTimeoutMs } = config.cache;
  return createAnswerCache({
    redisUrl: config.redisUrl,
    counters: store.counters,
    changes: store.changes,
    maxStaleMs: { discoveries: maxStaleMs, ingestions: maxStaleMs },
    ttlMs: { discoveries: ttlMs, ingestions: ttlMs },
    l1MaxBytes: l1Bytes,
    maxConcurrentRefills: maxRefills,
    commandTimeoutMs: redisTimeoutMs,
    postgresNowMs: () => store.staleness.nowMs(),
    logger,
    metrics,
  });
}

/** Reads need Postgres and a generation. Redis, Kafka and freshness are detail: without them answers are slower, or older. */
function registerChecks(health: HealthRegistry, services: { store: Store; cache: ManagedAnswerCache; pingLog: () => Promise<void> }): void {
  const { store, cache, pingLog } = services;
  health.measureBy({ databaseCheck: 'database', pool: () => store.poolStats(), cache: () => cache.figures() });
  health.register({ name: 'database', need: 'required', check: async () => ({ latencyMs: Math.round(await store.ping()) }) });
  health.register({ name: 'generation', need: 'startup', check: async () => ({ active: (await store.generations.active()).generation }) });
  health.register({ name: 'kafka', need: 'detail', check: pingLog });
  health.register({ name: 'redis', need: 'detail', check: async () => checkRedis((await cache.stats()).breaker) });
  health.register({ name: 'freshness', need: 'detail', check: () => Promise.resolve(checkFreshness(cache)) });
}

function checkRedis(breaker: 'closed' | 'open' | 'absent'): Record<string, unknown> {
  if (breaker === 'open')
    throw new HarvestError({ code: 'redis-unreachable', message: 'Redis does not answer; answers come from memory and Postgres' });
  return { breaker };
}

function checkFreshness(cache: ManagedAnswerCache): Record<string, unknown> {
  const freshness = cache.freshness();
  if (freshness.vouching) return { ...freshness };
  throw new HarvestError({
    code: 'freshness-unknown',
    message: 'the counters have not been read lately; every answer comes from Postgres',
  });
}

/** The same in every process of an installation. */
function deriveSecret(installationId: string): string {
  return createHash('sha256').update(`cursors of ${installationId}`).digest('base64url');
}
