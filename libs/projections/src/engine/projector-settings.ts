import type { TopicFamily } from '@harvest/contracts';
import type { BackoffPolicy } from '@harvest/kernel';
import type { OnPoison } from './route-records';

/** How the engine runs; every field has a default. */
export interface ProjectorSettings {
  /** Names this process in checkpoints; unique per process. */
  readonly owner: string;
  readonly sessionTimeoutMs: number;
  /** A chunk is one transaction: it ends at either bound, or takes up to a quarter more when a fetched batch ends there. */
  readonly chunkRecords: number;
  readonly chunkBytes: number;
  /** Fetched and not yet written: per partition, and over all partitions of the process. A full queue pauses its partition. */
  readonly queueBytes: number;
  readonly totalQueueBytes: number;
  /** Chunks decoded and not yet committed, over all partitions of the process. */
  readonly chunksInHand: number;
  readonly onPoison: { readonly default: OnPoison; readonly byFamily: Readonly<Partial<Record<TopicFamily, OnPoison>>> };
  /** A partition with this many parked keys stops: a systemic failure must not drain silently into the dead letters. */
  readonly parkedKeyLimit: number;
  /** A transient fault is tried again so often with the chunk in hand; then the partition pauses, lets go of it, and begins anew. */
  readonly writeAttempts: number;
  readonly writeBackoff: BackoffPolicy;
  readonly pauseBackoff: BackoffPolicy;
  /** Generations, checkpoints, barriers and dead letters are looked after so often. */
  readonly sweepMs: number;
  /** The log's ends are asked for so often; not more than four times a second. */
  readonly sampleMs: number;
}

export const DEFAULT_PROJECTOR_SETTINGS: Omit<ProjectorSettings, 'owner'> = {
  sessionTimeoutMs: 30_000,
  chunkRecords: 3_000,
  chunkBytes: 2 * 1024 * 1024,
  queueBytes: 1 * 1024 * 1024,
  totalQueueBytes: 8 * 1024 * 1024,
  chunksInHand: 4,
  onPoison: { default: 'park', byFamily: {} },
  parkedKeyLimit: 1_000,
  writeAttempts: 6,
  writeBackoff: { firstMs: 25, maxMs: 2_000 },
  pauseBackoff: { firstMs: 500, maxMs: 10_000 },
  sweepMs: 1_000,
  sampleMs: 250,
};
