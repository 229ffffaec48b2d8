import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { withDeadline } from '@harvest/kernel';
import type { HealthRegistry } from '../health-registry';
import { HealthModule } from '../health.module';
import type { Logger } from '../logger';
import type { HarvestMetrics } from '../metrics';
import { toNestLogger } from '../nest-logger';
import { CacheController } from './cache.controller';
import { refuseOtherSites } from './cross-site';
import { HealthController } from './health.controller';
import { MetricsController } from './metrics.controller';
import { OperatorProblemFilter } from './operator-problem.filter';
import type { CacheOperations, PoolOperations } from './operator.port';
import { CACHE_OPERATIONS, METRICS, POOL_OPERATIONS } from './operator.port';
import { PoolController } from './pool.controller';

export interface OperatorListenerOptions {
  /** Loopback unless told otherwise: the listener asks for no credentials. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly health: HealthRegistry;
  readonly metrics: HarvestMetrics;
  readonly logger: Logger;
  /** Null: this process keeps no cache (its endpoints answer 404). */
  readonly cache: CacheOperations | null;
  /** Null: this process has no pools. */
  readonly pools: PoolOperations | null;
  /** Of other rooms, whose controllers answer here too. */
  readonly modules?: readonly DynamicModule[];
}

export interface OperatorListener {
  /** As bound: `http://127.0.0.1:3001`. */
  readonly url: string;
  readonly port: number;
  /** Ends open connections too. Idempotent; within 2 s. */
  close(): Promise<void>;
}

@Module({})
class OperatorModule {
  static register(options: OperatorListenerOptions): DynamicModule {
    return {
      module: OperatorModule,
      imports: [HealthModule.register(options.health), ...(options.modules ?? [])],
      controllers: [HealthController, MetricsController, CacheController, PoolController],
      providers: [
        { provide: METRICS, useValue: options.metrics },
        { provide: CACHE_OPERATIONS, useValue: options.cache },
        { provide: POOL_OPERATIONS, useValue: options.pools },
      ],
    };
  }
}

const BODY_LIMIT_BYTES = 16 * 1024;
const CLOSE_TIMEOUT_MS = 2000;

/** Health, metrics, cache and pool for the people who run a process. Rejects when the port is taken. */
export async function createOperatorListener(options: OperatorListenerOptions): Promise<OperatorListener> {
  const adapter = new FastifyAdapter({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true, skipMiddie: true });
  const app = await NestFactory.create<NestFastifyApplication>(OperatorModule.register(options), adapter, {
    logger: toNestLogger(options.logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new OperatorProblemFilter(options.logger));
  app.getHttpAdapter().getInstance().addHook('onRequest', refuseOtherSites);
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.getHttpServer().address() as { port: number };
  return {
    url: urlOf(options.host, port),
    port,
    close: () => withDeadline(app.close(), CLOSE_TIMEOUT_MS, "closing the operators' listener"),
  };
}

function urlOf(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}
