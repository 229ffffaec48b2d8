import type { HarvestMetrics } from '@harvest/observability';
import type { ProjectorStatus } from './projector-status';

/** Gauges of what the projector knows of itself, each set anew: what a generation has left behind goes with it. */
export function exportStatus(metrics: HarvestMetrics, { generations }: ProjectorStatus): void {
  const ages = generations.flatMap(({ lastPollAgeMs }) => lastPollAgeMs ?? []);
  if (ages.length > 0) metrics.lastPollAgeSeconds.set(Math.max(...ages) / 1000);
  for (const gauge of [metrics.lagRecords, metrics.parkedKeys, metrics.partitionsHalted]) gauge.reset();
  for (const { generation, partitions } of generations) {
    for (const { topic, partition, lagRecords, parkedKeys, reason } of partitions) {
      if (lagRecords !== null) metrics.lagRecords.set({ topic, partition: String(partition), generation: String(generation) }, lagRecords);
      metrics.parkedKeys.inc({ topic }, parkedKeys);
      if (reason !== null) metrics.partitionsHalted.inc({ reason });
    }
  }
}
