import { HarvestError } from '@harvest/kernel';
import type { HealthRegistry } from '@harvest/observability';
import type { PartitionStatus, ProjectorRuntime } from '@harvest/projections';

/** A consumer that has not polled for so long is dead or cut off, whatever its connection says. */
const POLL_AGE_LIMIT_MS = 15_000;
/** A lag that no commit has shortened for so long. */
const STALLED_MS = 60_000;

/** Readiness: the log is polled. Halted, parked and stalled partitions are told as detail: answers are still right, only older. */
export function registerProjectorHealth(health: HealthRegistry, runtime: ProjectorRuntime): void {
  health.register({ name: 'projector', need: 'required', check: () => Promise.resolve(checkPolling(runtime)) });
  health.register({ name: 'projector-partitions', need: 'detail', check: () => Promise.resolve(checkPartitions(runtime, Date.now())) });
}

function checkPolling(runtime: ProjectorRuntime): Record<string, unknown> {
  const { generations } = runtime.status();
  if (generations.length === 0) throw new HarvestError({ code: 'projector-not-started', message: 'no generation is consumed yet' });
  const lastPollAgeMs = Math.max(...generations.map((generation) => generation.lastPollAgeMs ?? Infinity));
  if (lastPollAgeMs <= POLL_AGE_LIMIT_MS) return { lastPollAgeMs };
  throw new HarvestError({ code: 'log-not-polled', message: `the log has not answered a fetch for ${lastPollAgeMs} ms` });
}

function checkPartitions(runtime: ProjectorRuntime, nowMs: number): Record<string, unknown> {
  const { generations, refused } = runtime.status();
  const partitions = generations.flatMap((generation) => generation.partitions);
  const halted = partitions.filter(({ state }) => state === 'halted');
  const stalled = partitions.filter((partition) => isStalled(partition, nowMs));
  const lagRecords = partitions.reduce((sum, partition) => sum + (partition.lagRecords ?? 0), 0);
  const parkedKeys = partitions.reduce((sum, partition) => sum + partition.parkedKeys, 0);
  if (halted.length + stalled.length + refused.length === 0) return { lagRecords, parkedKeys };
  const sentences = [
    ...halted.map(({ topic, partition, reason }) => `${topic}/${partition} is halted: ${reason}`),
    ...stalled.map(({ topic, partition, lagRecords: lag }) => `${topic}/${partition} does not advance, ${lag} records behind`),
    ...refused.map(({ message }) => message),
  ];
  throw new HarvestError({ code: 'projector-degraded', message: sentences.slice(0, 20).join('; ') });
}

function isStalled({ state, lagRecords, advancedMs }: PartitionStatus, nowMs: number): boolean {
  return state !== 'halted' && (lagRecords ?? 0) > 0 && nowMs - advancedMs > STALLED_MS;
}
