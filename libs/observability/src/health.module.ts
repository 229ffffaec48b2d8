import type { DynamicModule } from '@nestjs/common';
import { Inject, Injectable, Module, ServiceUnavailableException } from '@nestjs/common';
import type { HealthIndicatorFunction } from '@nestjs/terminus';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import type { CheckResult } from './health-registry';
import { HealthRegistry } from './health-registry';
import { reportPerformance } from './performance-report';

export const HEALTH_KINDS = ['live', 'ready', 'startup', 'all'] as const;
export type HealthKind = (typeof HEALTH_KINDS)[number];

export interface HealthReport {
  /** 200, or 503 when the question's answer is no. */
  readonly statusCode: number;
  /** Terminus's form (status, info, error, details), or a `PerformanceReport`. */
  readonly body: object;
}

/** Answers the four health questions in Terminus's form. */
@Injectable()
export class HealthReporter {
  constructor(
    @Inject(HealthCheckService) private readonly terminus: HealthCheckService,
    @Inject(HealthRegistry) private readonly registry: HealthRegistry,
  ) {}

  /** `live` depends on nothing: it says that the event loop turns. Never rejects. */
  async report(kind: HealthKind): Promise<HealthReport> {
    const results = await this.resultsFor(kind);
    if (kind === 'ready' && this.registry.isDraining()) return { statusCode: 503, body: { status: 'shutting_down', details: {} } };
    return this.summarize(results.map(toIndicator));
  }

  /** What the process measures of itself; 503 while its database is silent. Never rejects. */
  async performance(): Promise<HealthReport> {
    const body = await reportPerformance(this.registry);
    return { statusCode: body.status === 'ok' ? 200 : 503, body };
  }

  private async resultsFor(kind: HealthKind): Promise<readonly CheckResult[]> {
    if (kind === 'live') return [];
    if (kind === 'ready') return this.registry.readiness();
    return kind === 'startup' ? this.registry.startup() : this.registry.everything();
  }

  private async summarize(indicators: HealthIndicatorFunction[]): Promise<HealthReport> {
    try {
      return { statusCode: 200, body: await this.terminus.check(indicators) };
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return { statusCode: 503, body: error.getResponse() as object };
      throw error;
    }
  }
}

function toIndicator({ name, need, up, detail }: CheckResult): HealthIndicatorFunction {
  const status = up ? 'up' : need === 'detail' ? 'degraded' : 'down';
  return () => ({ [name]: { ...detail, status } });
}

/** Terminus on a registry that the app fills. */
@Module({})
export class HealthModule {
  static register(registry: HealthRegistry): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [HealthReporter, { provide: HealthRegistry, useValue: registry }],
      exports: [HealthReporter],
    };
  }
}
