import { HarvestError } from '@harvest/kernel';
import { createOperatorListener } from '@harvest/observability';
import { startApi } from '../../api/src/api.module';
import type { Rooms, Surroundings } from './standalone-rooms';

export interface Listeners {
  readonly apiUrl: string;
  readonly operatorUrl: string;
  close(): Promise<void>;
}

/** The public API and the operators' listener. @throws `port-taken`. */
export async function openListeners(rooms: Rooms, surroundings: Surroundings): Promise<Listeners> {
  const { config, health, metrics, logger, profiling } = surroundings;
  const { http, operator, topics } = config;
  const pools = { stats: () => [{ pool: 'readers', ...rooms.store.poolStats() }] };
  const operators = await claiming('HARVEST_OPERATOR_PORT', operator.port, () =>
    createOperatorListener({ ...operator, health, metrics, logger, cache: rooms.cache, pools, modules: [profiling.module] }),
  );
  const ports = { ...rooms, changes: rooms.store.changes, topicPrefix: topics.prefix, health, metrics, logger };
  const api = await claiming('HARVEST_HTTP_PORT', http.port, () => startApi({ ...http, ports }));
  return {
    apiUrl: api.url,
    operatorUrl: operators.url,
    close: async () => void (await Promise.all([api.close(), operators.close()])),
  };
}

async function claiming<T>(variable: string, port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new HarvestError({
      code: 'port-taken',
      message: `port ${port} is in use by another process: stop that one, or set ${variable} to another port (0: any free one)`,
      cause: error,
    });
  }
}
