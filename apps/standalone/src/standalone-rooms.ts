import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createAnswerCache } from '@harvest/cache';
import type { ManagedAnswerCache } from '@harvest/cache';
import type { Config } from '@harvest/config';
import type { EventLog } from '@harvest/contracts';
import { createEmbeddedLog } from '@harvest/ingest';
import { createFaultPoints } from '@harvest/kernel';
import type { FaultPoints } from '@harvest/kernel';
import type { HarvestMetrics, HealthRegistry, Logger } from '@harvest/observability';
import { CreateTopicsOperation } from '@harvest/operations';
import type { Profiling } from '@harvest/profiling';
import type { Queries } from '@harvest/queries';
import { createQueries } from '@harvest/queries';
import { createStore } from '@harvest/store';
import type { Store } from '@harvest/store';
import { MIGRATIONS } from '../../../migrations';

/** What everything in the process shares. */
export interface Surroundings {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
  readonly health: HealthRegistry;
  readonly profiling: Profiling;
}

export interface Rooms {
  readonly store: Store;
  readonly log: EventLog;
  readonly cache: ManagedAnswerCache;
  readonly queries: Queries;
  readonly faults: FaultPoints;
}

/** How often a consumer looks for records that no notification told it of. */
const LOG_POLL_MS = 500;

/** Migrated, with topics; the cache is not started: it polls counters, which come with the projector's first generation. */
export async function openRooms(databaseUrl: string, surroundings: Surroundings): Promise<Rooms> {
  const { config, logger, health } = surroundings;
  const faults = createFaultPoints(config.faults);
  const store = openStore(databaseUrl, faults, surroundings);
  health.register({ name: 'database', need: 'required', check: async () => ({ latencyMs: Math.round(await store.ping()) }) });
  await store.migrator.migrate();
  const log = createEmbeddedLog({ store: store.embeddedLog, logger, pollMs: LOG_POLL_MS });
  await new CreateTopicsOperation(log).run({ topicPrefix: config.topics.prefix, partitions: config.topics.partitions });
  const cache = openCache(store, surroundings);
  health.measureBy({ databaseCheck: 'database', pool: () => store.poolStats(), cache: () => cache.figures() });
  const cursorSecret = config.cursorSecret ?? deriveSecret(await store.generations.installationId());
  return { store, log, cache, queries: createQueries(store.reader, { cursorSecret, topicPrefix: config.topics.prefix }), faults };
}

function openStore(databaseUrl: string, faults: FaultPoints, { config, logger, metrics, profiling }: Surroundings): Store {
  const { poolSize, poolOverflow, activeReads, poolWaitMs, writePoolSize, statementTimeoutMs } = config.database;
  return createStore({
    databaseUrl,
    topicPrefix: config.topics.prefix,
    migrations: MIGRATIONS,
    pool: { readers: poolSize, readersOverflow: poolOverflow, activeReads, waitMs: poolWaitMs, writers: writePoolSize },
    readTimeoutMs: statementTimeoutMs,
    onQuery: profiling.onQuery,
    faults,
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

function deriveSecret(installationId: string): string {
  return createHash('sha256').update(`cursors of ${installationId}`).digest('base64url');
}

/** Names this process in checkpoints. */
export function processOwner(): string {
  return `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}`;
}
