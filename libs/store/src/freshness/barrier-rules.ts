import type { Manifest, TopicPartition } from '@harvest/contracts';
import { offsetAfter, toOffset, type Offset } from '@harvest/kernel';

/** One completion that waits, in the active generation. */
export interface PendingCompletion {
  readonly ingestionId: string;
  readonly completedPartition: number;
  readonly completedOffset: bigint;
  /** Null: the producer could not give offsets. */
  readonly manifest: Manifest | null;
  readonly hasCounts: boolean;
  readonly startedMs: number | null;
  /** Postgres's clock when its event was applied, and now. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

export interface PartitionProgress extends TopicPartition {
  readonly nextOffset: bigint;
  /** Everything that was in the log at this moment has been applied; null: unknown. */
  readonly knownThroughMs: number | null;
  readonly latestEnd: bigint | null;
  readonly latestMs: number | null;
}

export interface MissingPartition extends TopicPartition {
  readonly lastOffset: string;
  /** The log's end; null: there is no such partition. */
  readonly endOffset: string | null;
}

export type Judgement =
  | { readonly kind: 'wait' }
  | { readonly kind: 'passed'; readonly basis: 'manifest' | 'counts' | 'word' }
  | { readonly kind: 'beyond-end'; readonly partitions: readonly MissingPartition[] };

/** What of a manifest is still to be passed. */
export function needsOf(pending: PendingCompletion, progress: ReadonlyMap<string, PartitionProgress>) {
  return manifestEntries(pending.manifest ?? {}).filter((need) => (progress.get(keyOf(need))?.nextOffset ?? 0n) < need.nextOffset);
}

export function judge(pending: PendingCompletion, progress: ReadonlyMap<string, PartitionProgress>, graceMs: number): Judgement {
  if (pending.manifest === null) return judgeWithoutManifest(pending, progress);
  const needs = needsOf(pending, progress);
  if (needs.length === 0) return { kind: 'passed', basis: 'manifest' };
  const missing = needs.flatMap((need) => beyondEnd(need, { pending, progress, graceMs }));
  return missing.length === needs.length ? { kind: 'beyond-end', partitions: missing } : { kind: 'wait' };
}

/** At its word, once everything that stood in the log when the event arrived has been applied, on every partition. */
function judgeWithoutManifest(pending: PendingCompletion, progress: ReadonlyMap<string, PartitionProgress>): Judgement {
  for (const { knownThroughMs } of progress.values()) {
    if (knownThroughMs === null || knownThroughMs < pending.sinceMs) return { kind: 'wait' };
  }
  return { kind: 'passed', basis: pending.hasCounts ? 'counts' : 'word' };
}

/** The log was seen to end before the promised offset, after its grace time. */
function beyondEnd(
  need: TopicPartition & { nextOffset: Offset },
  at: { pending: PendingCompletion; progress: ReadonlyMap<string, PartitionProgress>; graceMs: number },
): readonly MissingPartition[] {
  const { pending, graceMs } = at;
  const lastOffset = (need.nextOffset - 1n).toString();
  const partition = at.progress.get(keyOf(need));
  const missing = { topic: need.topic, partition: need.partition, lastOffset };
  if (partition === undefined) return pending.nowMs >= pending.sinceMs + graceMs ? [{ ...missing, endOffset: null }] : [];
  const { latestEnd, latestMs } = partition;
  if (latestEnd === null || latestMs === null || latestMs < pending.sinceMs + graceMs || latestEnd >= need.nextOffset) return [];
  return [{ ...missing, endOffset: latestEnd.toString() }];
}

export function manifestEntries(manifest: Manifest): readonly (TopicPartition & { nextOffset: Offset })[] {
  return Object.entries(manifest).flatMap(([topic, partitions]) =>
    Object.entries(partitions).map(([partition, last]) => ({
      topic,
      partition: Number(partition),
      nextOffset: offsetAfter(toOffset(last)),
    })),
  );
}

export function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
