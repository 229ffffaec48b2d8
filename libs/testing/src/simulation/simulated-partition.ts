import type { FetchedBatch, LogRecord, NextOffset, PartitionRange, TopicPartition } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';

/** One partition of a log in memory. Offsets may be missing: markers, or compacted away. */
export class SimulatedPartition {
  startOffset = toOffset(0);
  endOffset = toOffset(0);
  private kept: LogRecord[] = [];

  constructor(readonly place: TopicPartition) {}

  append(record: LogRecord): void {
    this.kept.push(record);
    this.endOffset = toOffset(record.offset + 1n);
  }

  /** Transaction markers at the end. */
  appendMarkers(count: number): void {
    this.endOffset = toOffset(this.endOffset + BigInt(count));
  }

  records(): readonly LogRecord[] {
    return this.kept;
  }

  range(): PartitionRange {
    return { ...this.place, startOffset: this.startOffset, endOffset: this.endOffset };
  }

  /** As kafkajs answers: from the log's start where the offset is out of range; null at the end. */
  fetch(from: Offset, maxRecords: number): FetchedBatch | null {
    const inRange = from >= this.startOffset && from <= this.endOffset;
    const fetchedOffset = inRange ? from : this.startOffset;
    if (fetchedOffset >= this.endOffset) return null;
    const following = this.kept.filter((record) => record.offset >= fetchedOffset);
    const records = following.slice(0, maxRecords);
    const beyond = following[records.length];
    const nextOffset = beyond === undefined ? this.endOffset : beyond.offset;
    const sizeBytes = records.reduce((bytes, record) => bytes + (record.value?.length ?? 0), 0);
    return { ...this.place, fetchedOffset, nextOffset, endOffset: this.endOffset, records, sizeBytes };
  }
}

/** The part of a log consumer that a partition's processor talks to. */
export class SimulatedFetcher {
  paused = false;
  position = toOffset(0);
  readonly seeks: Offset[] = [];

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  seek({ nextOffset }: NextOffset): void {
    this.position = nextOffset;
    this.seeks.push(nextOffset);
  }
}
