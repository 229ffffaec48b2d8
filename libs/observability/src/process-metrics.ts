import { collectDefaultMetrics } from 'prom-client';
import type { HarvestMetrics } from './metrics';

/** CPU, memory, event-loop delay, garbage collection. Once per process. */
export function collectProcessMetrics(metrics: HarvestMetrics): void {
  collectDefaultMetrics({ register: metrics.registry });
}
