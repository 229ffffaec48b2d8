import type { FetchedBatch, LogRecord } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import { PartitionQueue } from './partition-queue';
import { QueueBudget } from './queue-budget';
import { cutUnit } from './unit-cutter';

const BOUNDS = { chunkRecords: 100, chunkBytes: 10_000 };

const recordAt = (offset: number): LogRecord => ({ offset: toOffset(offset), timestampMs: 0, key: null, value: null, headers: {} });

function queueOf(...batches: readonly { readonly count: number; readonly bytes?: number }[]): PartitionQueue {
  const queue = new PartitionQueue(1_000_000, new QueueBudget(1_000_000), () => undefined);
  let from = 0;
  for (const { count, bytes = count } of batches) {
    const records = Array.from({ length: count }, (_, index) => recordAt(from + index));
    const batch = {
      topic: 't',
      partition: 0,
      fetchedOffset: toOffset(from),
      nextOffset: toOffset(from + count),
      endOffset: toOffset(10_000),
    };
    queue.push({ ...batch, records, sizeBytes: bytes } satisfies FetchedBatch);
    from += count;
  }
  return queue;
}

function sizesOf(queue: PartitionQueue): readonly number[] {
  const sizes: number[] = [];
  let from = toOffset(0);
  for (let cut = cutUnit(queue, from, BOUNDS); cut.kind === 'unit'; cut = cutUnit(queue, from, BOUNDS)) {
    sizes.push(cut.records.length);
    from = cut.toOffset;
  }
  expect(queue.isEmpty).toBe(true);
  return sizes;
}

describe('a chunk', () => {
  it('takes small batches together, up to its bound', () => {
    expect(sizesOf(queueOf({ count: 60 }, { count: 30 }, { count: 90 }))).toEqual([100, 80]);
  });

  it("takes a batch's little rest along: a transaction of its own would cost more than it carries", () => {
    expect(sizesOf(queueOf({ count: 125 }))).toEqual([125]);
    expect(sizesOf(queueOf({ count: 126 }))).toEqual([100, 26]);
  });

  it('leaves a rest of few records and many bytes', () => {
    expect(sizesOf(queueOf({ count: 6, bytes: 12_000 }))).toEqual([6]);
    expect(sizesOf(queueOf({ count: 9, bytes: 45_000 }))).toEqual([2, 2, 2, 2, 1]);
  });
});
