import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { PROFILERS, ProfilingController } from './profiling.controller';
import type { Profilers } from './profiling.controller';

/** The profilers' endpoints, for a listener that operators alone reach. */
@Module({})
export class ProfilingModule {
  static register(profilers: Profilers): DynamicModule {
    return {
      module: ProfilingModule,
      controllers: [ProfilingController],
      providers: [{ provide: PROFILERS, useValue: profilers }],
    };
  }
}
