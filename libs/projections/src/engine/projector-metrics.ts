import type { HarvestMetrics } from '@harvest/observability';
import type { ProjectorStatus } from './projector-status';

/** Gauges of what the projector knows of itself. */
export function exportStatus(metrics: HarvestMetrics, status: ProjectorStatus): void {
  const parked = new Map<string, number>();
  const ages = status.generations.flatMap(({ lastPollAgeMs }) => lastPollAgeMs ?? []);
  if (ages.length > 0) metrics.lastPollAgeSeconds.set(Math.max(...ages) / 1000);
  for (const { generation, partitions } of status.generations) {
    for (const { topic, partition, lagRecords, parkedKeys } of partitions) {
      if (lagRecords !== null) metrics.lagRecords.set({ topic, partition: String(partition), generation: String(generation) }, lagRecords);
      parked.set(topic, (parked.get(topic) ?? 0) + parkedKeys);
    }
  }
  for (const [topic, keys] of parked) metrics.parkedKeys.set({ topic }, keys);
}
