import type { TopicPartition } from '@harvest/contracts';
import type { Clock, Offset } from '@harvest/kernel';
import type { Checkpoint, Claim, RecordFingerprint } from '@harvest/read-models';
import type { PartitionStatus } from './projector-status';

/** What is known in memory of a partition's way through the log. The truth is the checkpoint; this may be a second old. */
export class PartitionProgress {
  nextOffset: Offset;
  lastRecord: RecordFingerprint | null;
  parkedKeys: number;
  endOffset: Offset | null = null;
  private advancedMs: number;
  private heardMs: number;

  constructor(
    private readonly clock: Clock,
    checkpoint: Checkpoint,
  ) {
    this.nextOffset = checkpoint.nextOffset;
    this.lastRecord = checkpoint.lastRecord;
    this.parkedKeys = checkpoint.parkedKeys;
    this.advancedMs = clock.nowMs();
    this.heardMs = this.advancedMs;
  }

  /** Where to fetch from: the last record applied, so that it is seen to be the same still; else the checkpoint. */
  fetchFrom(): Offset {
    const { lastRecord, nextOffset } = this;
    return lastRecord === null || lastRecord.offset > nextOffset ? nextOffset : lastRecord.offset;
  }

  /** `isOwner`: what was committed here is newer than what was looked up. */
  learn(checkpoint: Checkpoint, isOwner: boolean): void {
    this.parkedKeys = checkpoint.parkedKeys;
    this.lastRecord = checkpoint.lastRecord;
    if (isOwner || checkpoint.nextOffset === this.nextOffset) return;
    this.nextOffset = checkpoint.nextOffset;
    this.advancedMs = this.clock.nowMs();
  }

  claimed(claim: Claim): void {
    this.nextOffset = claim.nextOffset;
    this.lastRecord = claim.lastRecord;
  }

  committed(nextOffset: Offset): void {
    if (nextOffset > this.nextOffset) this.nextOffset = nextOffset;
    this.advancedMs = this.clock.nowMs();
  }

  /** A batch came, or was asked for. */
  heard(): void {
    this.heardMs = this.clock.nowMs();
  }

  silentMs(): number {
    return this.clock.nowMs() - this.heardMs;
  }

  status(): Omit<PartitionStatus, keyof TopicPartition | 'state' | 'reason'> {
    const { nextOffset, endOffset, parkedKeys, advancedMs } = this;
    const lagRecords = endOffset === null ? null : Number(endOffset > nextOffset ? endOffset - nextOffset : 0n);
    return { nextOffset, endOffset, lagRecords, parkedKeys, advancedMs };
  }
}
