import type { LogAdmin, PartitionRange, TopicPartition } from '@harvest/contracts';
import { eventTopics } from '@harvest/contracts';
import type { Checkpoint, GenerationRef, ProjectionStore } from '@harvest/read-models';

export interface PartitionLag extends TopicPartition {
  /** Null: no checkpoint is known. */
  readonly nextOffset: bigint | null;
  /** Null: the log does not have this partition. */
  readonly endOffset: bigint | null;
  /** End − next; null: unknown, which is not 0. */
  readonly lagRecords: bigint | null;
  readonly parkedKeys: number;
  readonly owner: string | null;
}

export interface LagReport {
  readonly generation: number;
  readonly partitions: readonly PartitionLag[];
  /** Null as soon as one partition's is unknown. */
  readonly totalRecords: bigint | null;
}

/** How far a generation stands behind the log's end, per partition. */
export class LagOperation {
  constructor(
    private readonly log: LogAdmin,
    private readonly store: Pick<ProjectionStore, 'loadCheckpoints'>,
  ) {}

  async run(generation: GenerationRef, topicPrefix: string): Promise<LagReport> {
    const existing = (await this.log.describeTopics(eventTopics(topicPrefix))).map(({ topic }) => topic);
    // The checkpoints first: they only grow, so a lag read this way is never below 0 and never too small.
    const checkpoints = new Map((await this.store.loadCheckpoints(generation)).map((checkpoint) => [nameOf(checkpoint), checkpoint]));
    const ends = new Map((existing.length === 0 ? [] : await this.log.ranges(existing)).map((range) => [nameOf(range), range]));
    const names = [...new Set([...ends.keys(), ...checkpoints.keys()])];
    const partitions = names.map((name) => lagOf(checkpoints.get(name) ?? null, ends.get(name) ?? null));
    return { generation: generation.generation, partitions: partitions.sort(byPartition), totalRecords: totalOf(partitions) };
  }
}

/** One of the two is known. */
function lagOf(checkpoint: Checkpoint | null, end: PartitionRange | null): PartitionLag {
  const { topic, partition } = (checkpoint ?? end) as TopicPartition;
  const endOffset = end === null ? null : end.endOffset;
  if (checkpoint === null) return { topic, partition, nextOffset: null, endOffset, lagRecords: null, parkedKeys: 0, owner: null };
  const { nextOffset, parkedKeys, owner } = checkpoint;
  return { topic, partition, nextOffset, endOffset, lagRecords: endOffset === null ? null : endOffset - nextOffset, parkedKeys, owner };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function byPartition(left: TopicPartition, right: TopicPartition): number {
  return left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1;
}

function totalOf(partitions: readonly PartitionLag[]): bigint | null {
  if (partitions.length === 0) return null;
  return partitions.reduce<bigint | null>((sum, { lagRecords }) => (sum === null || lagRecords === null ? null : sum + lagRecords), 0n);
}
