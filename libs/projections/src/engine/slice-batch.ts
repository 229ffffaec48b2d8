import type { FetchedBatch, LogRecord } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';

/**
 * What a fetched batch is worth at a checkpoint. `behind`: all of it was applied already. `ahead`: the client started elsewhere,
 * what lies between would be lost. Inside a batch that was fetched from the checkpoint or before, missing offsets are compaction's
 * or transaction markers.
 */
export type Slice =
  | { readonly kind: 'behind' }
  | { readonly kind: 'ahead' }
  | { readonly kind: 'usable'; /** Index of the first record at or after the checkpoint. */ readonly from: number };

export function sliceBatch(batch: FetchedBatch, nextOffset: Offset): Slice {
  if (batch.fetchedOffset > nextOffset) return { kind: 'ahead' };
  if (batch.nextOffset <= nextOffset) return { kind: 'behind' };
  return { kind: 'usable', from: indexOfOffset(batch.records, nextOffset) };
}

/** Index of the first record at or after `offset`; records ascend. */
export function indexOfOffset(records: readonly LogRecord[], offset: Offset): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle] as LogRecord).offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
