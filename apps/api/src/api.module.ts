import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { TrustProxy } from '@harvest/config';
import { HealthModule, toNestLogger } from '@harvest/observability';

import { systemClock } from '@harvest/kernel';
import { AnswerDesk } from './answers/answer-desk';
import { readStatusBy } from './answers/status-question';
import { API_PORTS } from './api.ports';
import type { ApiPorts } from './api.ports';
import { registerDocumentation } from './documentation';
import { ArtifactsController } from './artifacts.controller';
import { DiscoveriesController } from './discoveries.controller';
import { EventsController } from './events.controller';
import { ApiAdapter } from './http/api-adapter';
import { bindRoutes } from './http/bind-routes';
import { answerFromFirstTier } from './http/first-tier';
import type { Handlers } from './http/handlers';
import { Drain } from './http/drain';
import { IngestionsController } from './ingestions.controller';
import { ServiceController } from './service.controller';
import { StatusController } from './status.controller';
import { TopicsController } from './topics.controller';

import { IngestionStreams } from './streams/ingestion-streams';
import { StatusStreams } from './streams/status-streams';

export type { ApiPorts } from './api.ports';

const CONTROLLERS = [
  ArtifactsController,
  DiscoveriesController,
  EventsController,
  IngestionsController,
  ServiceController,
  StatusController,
  TopicsController,
] as const;

/** The API on whatever ports it is given. */
@Module({})
export class ApiModule {
  static register(ports: ApiPorts): DynamicModule {
    const desk = new AnswerDesk(ports.cache, ports.queries, systemClock, ports.metrics);
    const readStatus = () => readStatusBy(desk, ports.queries);
    return {
      module: ApiModule,
      imports: [HealthModule.register(ports.health)],
      providers: [
        ...CONTROLLERS,
        { provide: API_PORTS, useValue: ports },
        { provide: AnswerDesk, useValue: desk },
        { provide: IngestionStreams, useValue: new IngestionStreams(ports) },
        { provide: StatusStreams, useValue: new StatusStreams({ readStatus, logger: ports.logger }) },
      ],
    };
  }
}

export interface ApiOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly trustProxy: TrustProxy;
  readonly ports: ApiPorts;
}

export interface RunningApi {
  readonly url: string;
  readonly port: number;
  /**
   * Readiness says no, streams end, requests in flight are answered for at most 5 s, then the rest is cut. Idempotent, never
   * rejects. The ports are left to whoever made them.
   */
  close(): Promise<void>;
}

/** Listens. Rejects when the port is taken. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { ports } = options;
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.register(ports), new ApiAdapter(options.trustProxy), {
    logger: toNestLogger(ports.logger),
    bodyParser: false,
    abortOnError: false,
  });
  const instance = app.getHttpAdapter().getInstance();
  const drain = new Drain(ports.health, ports.logger);
  drain.watch(instance);
  bindRoutes(instance, handlersOf(app), ports);
  registerDocumentation(instance);
  const discoveries = app.get(DiscoveriesController);
  answerFromFirstTier(instance.server, {
    ...ports,
    peek: (search) => discoveries.peek(search),
    isDraining: () => ports.health.isDraining(),
  });
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.getHttpServer().address() as { port: number };
  return { url: `http://${urlHost(options.host)}:${port}`, port, close: () => drain.close(app, () => endStreams(app)) };
}

async function endStreams(app: NestFastifyApplication): Promise<void> {
  app.get(StatusStreams).close();
  await app.get(IngestionStreams).close();
}

function handlersOf(app: NestFastifyApplication): Handlers {
  return {
    ...app.get(ArtifactsController).handlers(),
    ...app.get(DiscoveriesController).handlers(),
    ...app.get(EventsController).handlers(),
    ...app.get(IngestionsController).handlers(),
    ...app.get(ServiceController).handlers(),
    ...app.get(StatusController).handlers(),
    ...app.get(TopicsController).handlers(),
  };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
