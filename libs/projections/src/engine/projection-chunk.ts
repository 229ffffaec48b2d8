import type { Offset } from '@harvest/kernel';
import type { Chunk, ChunkPlan, GenerationRef, RecordFingerprint } from '@harvest/read-models';
import type { DecodedRecords } from './decoded-records';
import { recordFingerprint } from './fact-fingerprint';
import { routeRecords } from './route-records';
import type { OnPoison } from './route-records';
import { artifactBatchOf, ingestionBatchOf } from './subject-batches';

export interface ChunkPlace {
  readonly generation: GenerationRef;
  readonly epoch: bigint;
  readonly fromOffset: Offset;
  readonly toOffset: Offset;
  readonly onPoison: OnPoison;
}

/** Decoded records as the store takes them: one transaction's worth. */
export class ProjectionChunk implements Chunk {
  readonly topic: string;
  readonly partition: number;
  readonly generation: GenerationRef;
  readonly epoch: bigint;
  readonly fromOffset: Offset;
  readonly toOffset: Offset;
  readonly lastRecord: RecordFingerprint | null;
  readonly poisonOffsets: readonly Offset[];

  constructor(
    readonly decoded: DecodedRecords,
    private readonly place: ChunkPlace,
  ) {
    this.topic = decoded.topic;
    this.partition = decoded.partition;
    this.generation = place.generation;
    this.epoch = place.epoch;
    this.fromOffset = place.fromOffset;
    this.toOffset = place.toOffset;
    const last = decoded.records.at(-1);
    this.lastRecord = last === undefined ? null : recordFingerprint(last);
    this.poisonOffsets = [...decoded.poisons.keys()];
  }

  keys(): readonly string[] {
    const keys = new Set<string>();
    for (const { key } of this.decoded.records) if (key !== null) keys.add(key.toString('base64'));
    return [...keys];
  }

  plan(parkedKeys: ReadonlySet<string>, skipped: ReadonlySet<bigint>): ChunkPlan {
    return planOf(this.decoded, { onPoison: this.place.onPoison, parkedKeys, skipped });
  }
}

/** Pure. */
export function planOf(decoded: DecodedRecords, routing: Parameters<typeof routeRecords>[1]): ChunkPlan {
  const { facts, deadLetters, newlyParked, ignored } = routeRecords(decoded, routing);
  const isIngestions = decoded.family === 'ingestions';
  return {
    artifacts: isIngestions ? null : artifactBatchOf(facts, decoded.family),
    ingestions: isIngestions ? ingestionBatchOf(facts) : null,
    deadLetters,
    newlyParked,
    ignored,
  };
}
