import type { FetchedBatch } from '@harvest/contracts';
import type { QueueBudget } from './queue-budget';

/** Batches of one partition, fetched and not yet cut into chunks; bounded by bytes, alone and with all others. */
export class PartitionQueue {
  private readonly batches: FetchedBatch[] = [];
  private bytes = 0;
  private full = false;
  private readonly tellRoom = () => this.settle();

  constructor(
    private readonly limitBytes: number,
    private readonly budget: QueueBudget,
    /** Told when fetching has to stop, and when it may go on. */
    private readonly onFull: (full: boolean) => void,
  ) {}

  push(batch: FetchedBatch): void {
    this.batches.push(batch);
    this.bytes += batch.sizeBytes;
    this.budget.add(batch.sizeBytes);
    this.settle();
  }

  head(): FetchedBatch | undefined {
    return this.batches[0];
  }

  shift(): void {
    const batch = this.batches.shift();
    if (batch === undefined) return;
    this.bytes -= batch.sizeBytes;
    this.budget.release(batch.sizeBytes);
    this.settle();
  }

  clear(): void {
    const { bytes } = this;
    this.batches.length = 0;
    this.bytes = 0;
    this.budget.release(bytes);
    this.settle();
  }

  get isFull(): boolean {
    return this.full;
  }

  get isEmpty(): boolean {
    return this.batches.length === 0;
  }

  /** Fetching goes on below half of the own bound, so that it does not stop and go with every batch. */
  private settle(): void {
    const full = this.full
      ? this.bytes > this.limitBytes / 2 || this.budget.isFull()
      : this.bytes >= this.limitBytes || this.budget.isFull();
    if (full && this.bytes < this.limitBytes) this.budget.onRoom(this.tellRoom);
    if (full === this.full) return;
    this.full = full;
    this.onFull(full);
  }
}
