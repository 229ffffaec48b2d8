import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { loadServiceConfig } from '@harvest/config';
import type { ServiceConfig } from '@harvest/config';
import { createKafkaLog } from '@harvest/ingest';
import { createFaultPoints, isHarvestError, withDeadline } from '@harvest/kernel';
import { collectProcessMetrics, createLogger, createMetrics, createOperatorListener, HealthRegistry } from '@harvest/observability';
import type { HarvestMetrics, Logger } from '@harvest/observability';
import { createProfiling } from '@harvest/profiling';
import type { Profiling } from '@harvest/profiling';
import { createStore } from '@harvest/store';
import { MIGRATIONS } from '../../../migrations';
import { startProjector } from './projector.module';

const EXIT_FAILED = 1;
/** From the signal to the end, whatever hangs. */
const SHUTDOWN_LIMIT_MS = 9_000;

interface Surroundings {
  readonly config: ServiceConfig;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
  readonly health: HealthRegistry;
  readonly profiling: Profiling;
  /** Ends the process with a failure. */
  readonly fail: (error: Error) => void;
}

function openServices({ config, logger, metrics, health, profiling }: Surroundings) {
  const faults = createFaultPoints(config.faults);
  const { poolSize, poolOverflow, activeReads, poolWaitMs, writePoolSize, statementTimeoutMs } = config.database;
  const pool = {
    readers: poolSize,
    readersOverflow: poolOverflow,
    activeReads,
    waitMs: poolWaitMs,
    writers: writePoolSize,
    applicationName: 'harvest-projector',
  };
  const store = createStore({
    databaseUrl: config.databaseUrl,
    topicPrefix: config.topics.prefix,
    migrations: MIGRATIONS,
    pool,
    timeouts: { statementMs: statementTimeoutMs },
    faults,
    onQuery: profiling.onQuery,
    logger,
    metrics,
  });
  const log = createKafkaLog({ brokers: config.kafkaBrokers, clientId: 'harvest-projector', logger });
  health.register({ name: 'database', need: 'required', check: async () => ({ latencyMs: Math.round(await store.ping()) }) });
  health.register({ name: 'kafka', need: 'detail', check: () => log.ping() });
  health.measureBy({ databaseCheck: 'database', pool: () => store.poolStats(), cache: () => null });
  return { store, log, faults };
}

/** Resolves with what ends everything again. */
async function run(surroundings: Surroundings): Promise<() => Promise<void>> {
  const { config, logger, metrics, health, profiling, fail } = surroundings;
  const { store, log, faults } = openServices(surroundings);
  const pools = { stats: () => [{ pool: 'readers', ...store.poolStats() }] };
  const modules = [profiling.module];
  const listener = await createOperatorListener({ ...config.operator, health, metrics, logger, cache: null, pools, modules });
  await store.migrator.assertMigrated();
  const projector = await startProjector({
    ...{ log, ports: store, topicPrefix: config.topics.prefix, faults, logger, metrics, health },
    settings: { ...config.projector, owner: `${hostname()}/${process.pid}/${randomBytes(4).toString('hex')}` },
    onCrash: fail,
  });
  logger.info({ operator: listener.url }, 'the projector consumes');
  return async () => {
    health.startDraining();
    await projector.close();
    await Promise.all([listener.close(), log.close(), store.close()]);
    await profiling.close();
  };
}

function describe(error: unknown): string {
  if (isHarvestError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<void> {
  const config = loadServiceConfig();
  const logger = createLogger({ name: 'projector', ...config.log });
  const metrics = createMetrics();
  collectProcessMetrics(metrics);
  const fail = (error: Error): void => {
    logger.error({ error }, describe(error));
    process.exit(EXIT_FAILED);
  };
  process.on('unhandledRejection', (reason) => fail(reason instanceof Error ? reason : new Error(String(reason))));
  process.on('uncaughtException', fail);
  const profiling = createProfiling({ slowQueries: config.slowQueries, logger });
  const close = await run({ config, logger, metrics, health: new HealthRegistry(), profiling, fail });
  let isEnding = false;
  const end = (signal: NodeJS.Signals): void => {
    if (isEnding) return;
    isEnding = true;
    logger.info({ signal }, 'the projector leaves');
    withDeadline(close(), SHUTDOWN_LIMIT_MS, 'leaving').then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(EXIT_FAILED);
});
