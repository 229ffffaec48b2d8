import type { TopicPartition } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';
import type { HaltReason } from './partition-halt';

export interface PartitionStatus extends TopicPartition {
  /** `assigned`: ours, waiting for its first batch and a heartbeat. `paused`: writing keeps failing, tried again by itself. */
  readonly state: 'unassigned' | 'assigned' | 'claimed' | 'paused' | 'halted';
  readonly nextOffset: Offset;
  /** Of the log, as last sampled; null before the first sample. */
  readonly endOffset: Offset | null;
  readonly lagRecords: number | null;
  readonly parkedKeys: number;
  /** When the checkpoint was last seen to move: a lag that does not shrink is told by it. */
  readonly advancedMs: number;
  readonly reason: HaltReason | null;
}

/** A generation that this binary does not run, and why. */
export interface RefusedGeneration {
  readonly generation: number;
  readonly code: string;
  readonly message: string;
}

export interface ProjectorStatus {
  readonly generations: readonly {
    readonly generation: number;
    /** Since the log last answered a fetch; null before the first answer. Readiness looks at this, not at a connection. */
    readonly lastPollAgeMs: number | null;
    readonly partitions: readonly PartitionStatus[];
  }[];
  readonly refused: readonly RefusedGeneration[];
  readonly queuedBytes: number;
}
