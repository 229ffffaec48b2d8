import { describeConfig, loadServiceConfig } from '@harvest/config';
import { isHarvestError, withDeadline } from '@harvest/kernel';
import { collectProcessMetrics, createLogger, createMetrics, createOperatorListener, HealthRegistry } from '@harvest/observability';
import type { OperatorListener } from '@harvest/observability';
import { createProfiling } from '@harvest/profiling';
import { startApi } from './api.module';
import { openApiServices } from './api-services';
import type { ApiServices, Surroundings } from './api-services';

const EXIT_FAILED = 1;
/** From the signal to the end, whatever hangs. */
const SHUTDOWN_LIMIT_MS = 9_000;

/** Resolves with what ends everything again, in order: no new requests, answers finished, then what they stood on. */
async function run(surroundings: Surroundings): Promise<() => Promise<void>> {
  const { config, logger } = surroundings;
  const services = await openApiServices(surroundings);
  try {
    const operators = await listenToOperators(services, surroundings);
    const api = await startApi({ ...config.http, ports: services.ports });
    logger.info({ api: api.url, operators: operators.url }, 'the api answers');
    return async () => {
      await api.close();
      await operators.close();
      await services.close();
      await surroundings.profiling.close();
    };
  } catch (error) {
    await services.close();
    throw error;
  }
}

function listenToOperators({ store, cache }: ApiServices, surroundings: Surroundings): Promise<OperatorListener> {
  const { config, health, metrics, logger, profiling } = surroundings;
  const pools = { stats: () => [{ pool: 'readers', ...store.poolStats() }] };
  return createOperatorListener({ ...config.operator, health, metrics, logger, cache, pools, modules: [profiling.module] });
}

async function main(): Promise<void> {
  const config = loadServiceConfig();
  const logger = createLogger({ name: 'api', ...config.log });
  const metrics = createMetrics();
  collectProcessMetrics(metrics);
  const fail = (error: unknown): void => {
    logger.error({ err: error }, describe(error));
    process.exit(EXIT_FAILED);
  };
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);
  logger.info({ config: describeConfig(config) }, 'the api starts');
  const profiling = createProfiling({ slowQueries: config.slowQueries, logger });
  const close = await run({ config, logger, metrics, health: new HealthRegistry(), profiling });
  let isEnding = false;
  const end = (signal: NodeJS.Signals): void => {
    if (isEnding) return;
    isEnding = true;
    logger.info({ signal }, 'the api leaves');
    withDeadline(close(), SHUTDOWN_LIMIT_MS, 'leaving').then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function describe(error: unknown): string {
  if (isHarvestError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(EXIT_FAILED);
});
