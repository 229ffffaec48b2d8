import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { HealthRegistry } from '@harvest/observability';
import { toNestLogger } from '@harvest/observability';
import { createProjectorRuntime } from '@harvest/projections';
import type { ProjectorRuntime, ProjectorRuntimeOptions } from '@harvest/projections';
import { registerProjectorHealth } from './projector-health';
import { ProjectorTransport } from './projector-transport';

export const PROJECTOR_RUNTIME = Symbol('ProjectorRuntime');

/** The projector on whatever ports its runtime was made with. */
@Module({})
export class ProjectorModule {
  static register(runtime: ProjectorRuntime): DynamicModule {
    const provider = { provide: PROJECTOR_RUNTIME, useValue: runtime };
    return { module: ProjectorModule, providers: [provider], exports: [provider] };
  }
}

export interface ProjectorOptions extends ProjectorRuntimeOptions {
  readonly health: HealthRegistry;
}

export interface RunningProjector {
  readonly runtime: ProjectorRuntime;
  /** Finishes the chunks in hand and leaves the groups, within 5 s. Idempotent. The ports are left to whoever made them. */
  close(): Promise<void>;
}

/** Consumes. Rejects with what hinders it (see `ProjectorRuntime.start`); nothing runs on then. */
export async function startProjector(options: ProjectorOptions): Promise<RunningProjector> {
  const runtime = createProjectorRuntime(options);
  registerProjectorHealth(options.health, runtime);
  const app = await NestFactory.createMicroservice(ProjectorModule.register(runtime), {
    strategy: new ProjectorTransport(runtime),
    logger: toNestLogger(options.logger),
    abortOnError: false,
  });
  await app.listen();
  return { runtime, close: () => app.close() };
}
