import type { FetchedBatch, LogRecord } from '@harvest/contracts';
import { offsetAfter } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';
import type { PartitionQueue } from './partition-queue';
import { sliceBatch } from './slice-batch';

/** Consecutive records for one transaction; none when only markers were passed. */
export interface Unit {
  readonly kind: 'unit';
  readonly fromOffset: Offset;
  readonly toOffset: Offset;
  readonly records: readonly LogRecord[];
}

export type Cut =
  | Unit
  /** The queue's head was fetched from beyond the checkpoint. It has been taken off. */
  | { readonly kind: 'ahead'; readonly batch: FetchedBatch }
  | { readonly kind: 'empty' };

export interface CutBounds {
  readonly chunkRecords: number;
  readonly chunkBytes: number;
}

/** A batch's rest that is smaller than this part of a chunk goes along with it: a transaction of its own costs more than it carries. */
const REST = 0.25;

/** Takes the next transaction's worth off the queue: parts of a large batch, or several small ones that follow each other. */
export function cutUnit(queue: PartitionQueue, fromOffset: Offset, bounds: CutBounds): Cut {
  const draft = new UnitDraft(fromOffset, bounds);
  for (let batch = queue.head(); batch !== undefined && !draft.isFull(); batch = queue.head()) {
    const slice = sliceBatch(batch, draft.toOffset);
    if (slice.kind === 'ahead') {
      if (draft.toOffset !== fromOffset) break;
      queue.shift();
      return { kind: 'ahead', batch };
    }
    if (slice.kind === 'behind' || draft.take(batch, slice.from)) queue.shift();
  }
  return draft.toOffset === fromOffset ? { kind: 'empty' } : draft.unit();
}

class UnitDraft {
  toOffset: Offset;
  private readonly records: LogRecord[] = [];
  private bytes = 0;

  constructor(
    private readonly fromOffset: Offset,
    private readonly bounds: CutBounds,
  ) {
    this.toOffset = fromOffset;
  }

  /** True when the batch is used up. */
  take(batch: FetchedBatch, from: number): boolean {
    for (let index = from; index < batch.records.length; index += 1) {
      if (this.isFull() && !this.isLittle(batch, batch.records.length - index)) return false;
      const record = batch.records[index] as LogRecord;
      this.records.push(record);
      this.bytes += batch.sizeBytes / batch.records.length;
      this.toOffset = offsetAfter(record.offset);
    }
    this.toOffset = batch.nextOffset;
    return true;
  }

  isFull(): boolean {
    return this.records.length >= this.bounds.chunkRecords || this.bytes >= this.bounds.chunkBytes;
  }

  private isLittle(batch: FetchedBatch, records: number): boolean {
    const bytes = (batch.sizeBytes / batch.records.length) * records;
    return records <= this.bounds.chunkRecords * REST && bytes <= this.bounds.chunkBytes * REST;
  }

  unit(): Unit {
    return { kind: 'unit', fromOffset: this.fromOffset, toOffset: this.toOffset, records: this.records };
  }
}
