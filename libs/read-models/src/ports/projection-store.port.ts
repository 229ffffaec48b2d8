import type { LogHeaders, TopicPartition } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';
import type { ArtifactCardRow, Belongings } from '../artifact-card.read-model';
import type { CountDelta } from '../counts.read-model';
import type { DiscoveryRow } from '../discovery.read-model';
import type { IngestionRow } from '../ingestion.read-model';
import type { TopicChanges } from '../topic.read-model';
import type { EntityChanges } from '../entity.read-model';

/** One complete set of read tables, in a schema of its own. */
export interface GenerationRef {
  readonly generation: number;
  /** `read_<generation>` */
  readonly schema: string;
}

/** How many records ended in each way. Every record ends exactly one way. */
export interface OutcomeCounts {
  readonly projected: number;
  readonly superseded: number;
  readonly sequenceMissing: number;
  readonly ignored: number;
  readonly parked: number;
  readonly deadLettered: number;
}

/** What `evolve` makes of one subject's events, in log order, on top of what was known. */
export interface Evolved<Rows> {
  readonly rows: Rows;
  readonly projected: number;
  readonly superseded: number;
  readonly sequenceMissing: number;
  /** The key was seen in another partition of its topic before: alarmed, and left out of every proof. */
  readonly keyInTwoPartitions: boolean;
}

export interface ArtifactRows {
  readonly discovery: DiscoveryRow;
  /** Null: no facts of the artifact's own are known (a stub, or everything retracted). The stored row is then deleted. */
  readonly card: ArtifactCardRow | null;
  /** The card's, which transactions of scores know too. */
  readonly belongings: Belongings;
}

/** By what an artifact may belong to. */
export interface ArtifactMemberships {
  readonly topics: TopicChanges;
  readonly entities: EntityChanges;
}

/** One chunk's events of one subject kind, folded per subject. Arrays run in parallel, sorted by the id's UTF-8 bytes. */
export interface SubjectBatch<Rows> {
  readonly ids: readonly string[];
  /**
   * For a subject with exactly one event in the chunk, that event's fingerprint, to be compared with the stored fingerprint of
   * `factsOf`: equal means nothing to do. Null: several events, or a kind that has no fingerprint; lock and evolve.
   */
  readonly facts: readonly (bigint | null)[];
  /** How many records each subject has here (for counting those skipped by equal facts as projected). */
  readonly recordCounts: readonly number[];
  /** The rows when nothing was known of the subject before. Pure. */
  fresh(index: number): Evolved<Rows>;
  /** The rows on top of those known. Pure; may be called again after a rollback. */
  evolve(index: number, known: Rows): Evolved<Rows>;
}

export interface ArtifactBatch extends SubjectBatch<ArtifactRows> {
  /** Which of the stored fingerprints `facts[i]` is compared with. */
  readonly factsOf: readonly ('observed' | 'classified' | 'score')[];
  /** False for scores: they read only the card's belongings, write no cards, and `rows.card` is not to be looked at. */
  readonly touchesCards: boolean;
  /** What the counts change by; empty when nothing changes. Pure. */
  countDeltas(before: DiscoveryRow | null, after: DiscoveryRow): readonly CountDelta[];
  /** What the topics and entities change by; empty when nothing changes. Pure. */
  membershipChanges(before: ArtifactRows | null, after: ArtifactRows): ArtifactMemberships;
}

export type IngestionBatch = SubjectBatch<IngestionRow>;

export interface DeadLetterToStore {
  readonly offset: Offset;
  /** `poison`: the record itself can never succeed. `waiting`: its key waits behind a poison. */
  readonly kind: 'poison' | 'waiting';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: LogHeaders;
  readonly timestampMs: number;
  readonly code: string;
  readonly path: string;
  readonly reason: string;
  /** The projection that could not take it, or `decode`. */
  readonly projection: string;
}

/** What a chunk comes to once the parked keys are known. */
export interface ChunkPlan {
  readonly artifacts: ArtifactBatch | null;
  readonly ingestions: IngestionBatch | null;
  readonly deadLetters: readonly DeadLetterToStore[];
  /** Keys (base64 of the key's bytes) newly parked by a poison of this chunk. */
  readonly newlyParked: readonly string[];
  readonly ignored: number;
}

/** The last record that was applied: re-fetched at start, it shows whether the topic is still the same one. */
export interface RecordFingerprint {
  readonly offset: Offset;
  /** First 16 hex digits of SHA-256 over key, value and timestamp. */
  readonly hash: string;
}

export interface Chunk extends TopicPartition {
  readonly generation: GenerationRef;
  /** Of the claim under which this is written. */
  readonly epoch: bigint;
  readonly fromOffset: Offset;
  /** The checkpoint after this chunk: past ignored records and markers too. */
  readonly toOffset: Offset;
  readonly lastRecord: RecordFingerprint | null;
  /** The base64 keys that the chunk's records bear, so that the store looks up only those among the parked. */
  keys(): readonly string[];
  /** Offsets of records that can never succeed. When there are any, or the partition has parked keys, the store asks before planning. */
  readonly poisonOffsets: readonly Offset[];
  /**
   * Pure, may be called again after a rollback.
   * @param parkedKeys base64 keys of this topic that are parked in this generation, among `keys()`.
   * @param skipped offsets among `poisonOffsets` that a correction tells every reader to skip: they count as ignored.
   */
  plan(parkedKeys: ReadonlySet<string>, skipped: ReadonlySet<bigint>): ChunkPlan;
}

export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly outcomes: OutcomeCounts; readonly parkedKeys: number }
  /** The checkpoint already stands at or past `toOffset` under our epoch (a lost acknowledgement). */
  | { readonly kind: 'already-applied' }
  /** Another owner moved the checkpoint: nothing was written; stop and claim again. */
  | { readonly kind: 'fenced' };

export interface Claim extends TopicPartition {
  readonly epoch: bigint;
  readonly nextOffset: Offset;
  /** How many keys are parked in this partition. */
  readonly parkedKeys: number;
  readonly lastRecord: RecordFingerprint | null;
}

export interface Checkpoint extends TopicPartition {
  readonly nextOffset: Offset;
  readonly firstOffset: Offset;
  readonly epoch: bigint;
  readonly owner: string | null;
  readonly parkedKeys: number;
  readonly lastRecord: RecordFingerprint | null;
  readonly partitionCount: number;
  readonly layout: number;
}

/**
 * The authority: positions and rows change in one transaction. All calls have deadlines and reject with coded errors:
 * `store-unreachable`, `store-timeout`, `store-deadlock` (retriable), `store-data-error` (a record of the chunk can never be
 * stored: bisect), `store-corrupt` (everything else: stop).
 */
export interface ProjectionStore {
  /** Creates missing checkpoint rows (a row per partition, at `firstOffset`); never moves one. Idempotent. */
  ensureCheckpoints(
    generation: GenerationRef,
    partitions: readonly (TopicPartition & { firstOffset: Offset; partitionCount: number })[],
  ): Promise<void>;
  loadCheckpoints(generation: GenerationRef): Promise<readonly Checkpoint[]>;
  /** Bumps the epoch: every earlier owner is fenced from here on. */
  claim(generation: GenerationRef, partition: TopicPartition, owner: string): Promise<Claim>;
  /** One transaction: fence, parked keys, locks, rows, counts, dead letters, checkpoint. A lost COMMIT is resolved inside. */
  apply(chunk: Chunk): Promise<ApplyOutcome>;
  /** Moves the checkpoint over records that need no rows; the same fence. */
  advance(chunk: Pick<Chunk, 'generation' | 'topic' | 'partition' | 'epoch' | 'fromOffset' | 'toOffset'>): Promise<ApplyOutcome>;
}

export type { FaultPoint, FaultPoints } from '@harvest/kernel';
