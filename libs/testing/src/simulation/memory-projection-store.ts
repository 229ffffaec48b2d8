import type { TopicPartition } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';
import type {
  ApplyOutcome,
  ArtifactBatch,
  ArtifactCardRow,
  ArtifactRows,
  Checkpoint,
  Chunk,
  ChunkPlan,
  Claim,
  DeadLetterToStore,
  DiscoveryRow,
  EntityMention,
  Evolved,
  GenerationRef,
  IngestionBatch,
  IngestionRow,
  OutcomeCounts,
  ProjectionStore,
  TopicMention,
} from '@harvest/read-models';
import { NO_BELONGINGS } from '@harvest/read-models';
import { KeyedLocks } from './keyed-locks';
import { MemoryMemberships } from './memory-memberships';

type Stored<T> = { -readonly [K in keyof T]: T[K] };
type Write = () => void;
type Target = Parameters<ProjectionStore['advance']>[0];
type Tally = Stored<OutcomeCounts>;
export type StorePoint = 'claim' | 'after-fence' | 'before-commit' | 'after-commit';

/**
 * The store's promises kept in memory: one transaction per chunk, fenced, under locks that other transactions wait for, all or
 * nothing. `reach` is called where Postgres would be waited for: a test lets others run there, or throws.
 */
export class MemoryProjectionStore implements ProjectionStore {
  readonly checkpoints = new Map<string, Stored<Checkpoint>>();
  readonly discoveries = new Map<string, DiscoveryRow>();
  readonly cards = new Map<string, ArtifactCardRow>();
  readonly ingestions = new Map<string, IngestionRow>();
  readonly counts = new Map<string, { artifacts: number; discoveries: number }>();
  readonly topics = new MemoryMemberships<TopicMention>(
    ({ topicId }) => topicId,
    [({ topicId, name, taxonomyPath }) => [topicId, name, taxonomyPath], ({ topicId, day, precision }) => [topicId, day, precision]],
  );
  readonly entities = new MemoryMemberships<EntityMention>(({ entityId }) => entityId, [({ entityId, name }) => [entityId, name]]);
  readonly deadLetters = new Map<string, DeadLetterToStore>();
  readonly parked = new Map<string, Set<string>>();
  readonly conflicts = new Set<string>();
  readonly skipped = new Set<string>();
  readonly totals: Tally = zero();
  private readonly locks = new KeyedLocks();

  constructor(private readonly reach: (point: StorePoint, place: TopicPartition) => Promise<void> = () => Promise.resolve()) {}

  ensureCheckpoints(
    _generation: GenerationRef,
    partitions: readonly (TopicPartition & { firstOffset: Offset; partitionCount: number })[],
  ): Promise<void> {
    for (const { topic, partition, firstOffset, partitionCount } of partitions) {
      const key = keyOf({ topic, partition });
      if (this.checkpoints.has(key)) continue;
      const beginning = { nextOffset: firstOffset, epoch: 0n, owner: null, parkedKeys: 0, lastRecord: null, layout: 0 };
      this.checkpoints.set(key, { topic, partition, firstOffset, partitionCount, ...beginning });
    }
    return Promise.resolve();
  }

  loadCheckpoints(): Promise<readonly Checkpoint[]> {
    return Promise.resolve([...this.checkpoints.values()].map((checkpoint) => ({ ...checkpoint })));
  }

  async claim(_generation: GenerationRef, place: TopicPartition, owner: string): Promise<Claim> {
    await this.reach('claim', place);
    const release = await this.locks.acquire(`checkpoint/${keyOf(place)}`);
    const checkpoint = this.checkpoint(place);
    checkpoint.epoch += 1n;
    checkpoint.owner = owner;
    release();
    const { epoch, nextOffset, parkedKeys, lastRecord } = checkpoint;
    return { topic: place.topic, partition: place.partition, epoch, nextOffset, parkedKeys, lastRecord };
  }

  apply(chunk: Chunk): Promise<ApplyOutcome> {
    return this.transact(chunk, (transaction) => transaction.applyChunk(chunk));
  }

  advance(chunk: Target): Promise<ApplyOutcome> {
    return this.transact(chunk, () => Promise.resolve({ writes: [], tally: zero() }));
  }

  private async transact(
    target: Target,
    work: (transaction: Transaction) => Promise<{ writes: readonly Write[]; tally: Tally }>,
  ): Promise<ApplyOutcome> {
    const transaction = new Transaction(this, this.locks);
    try {
      await transaction.lock(`checkpoint/${keyOf(target)}`);
      const checkpoint = this.checkpoint(target);
      const missed = fenceOutcome(checkpoint, target);
      if (missed !== null) return missed;
      await this.reach('after-fence', target);
      const { writes, tally } = await work(transaction);
      await this.reach('before-commit', target);
      this.commit(checkpoint, target, { writes, tally });
      await this.reach('after-commit', target);
      return { kind: 'applied', outcomes: tally, parkedKeys: checkpoint.parkedKeys };
    } finally {
      transaction.release();
    }
  }

  private commit(checkpoint: Stored<Checkpoint>, target: Target, work: { writes: readonly Write[]; tally: Tally }): void {
    for (const write of work.writes) write();
    checkpoint.nextOffset = target.toOffset;
    checkpoint.lastRecord = (target as Partial<Chunk>).lastRecord ?? checkpoint.lastRecord;
    checkpoint.parkedKeys = this.parked.get(keyOf(target))?.size ?? 0;
    for (const key of Object.keys(work.tally) as (keyof Tally)[]) this.totals[key] += work.tally[key];
  }

  private checkpoint(place: TopicPartition): Stored<Checkpoint> {
    const found = this.checkpoints.get(keyOf(place));
    if (found === undefined) throw new Error(`no checkpoint of ${keyOf(place)}`);
    return found;
  }
}

function fenceOutcome(checkpoint: Checkpoint, target: Target): ApplyOutcome | null {
  if (checkpoint.epoch !== target.epoch) return { kind: 'fenced' };
  if (checkpoint.nextOffset === target.fromOffset) return null;
  return { kind: checkpoint.nextOffset >= target.toOffset ? 'already-applied' : 'fenced' };
}

class Transaction {
  private readonly releases: Write[] = [];
  private readonly writes: Write[] = [];
  private readonly tally = zero();

  constructor(
    private readonly store: MemoryProjectionStore,
    private readonly locks: KeyedLocks,
  ) {}

  async lock(name: string): Promise<void> {
    this.releases.push(await this.locks.acquire(name));
  }

  release(): void {
    for (const release of this.releases) release();
  }

  async applyChunk(chunk: Chunk): Promise<{ writes: readonly Write[]; tally: Tally }> {
    const plan = this.plan(chunk);
    if (plan.artifacts !== null) await this.applyArtifacts(plan.artifacts, chunk.topic);
    if (plan.ingestions !== null) await this.applyIngestions(plan.ingestions, chunk.topic);
    this.setAside(plan, chunk);
    return { writes: this.writes, tally: this.tally };
  }

  private plan(chunk: Chunk): ChunkPlan {
    const parked = this.store.parked.get(keyOf(chunk)) ?? new Set<string>();
    const known = new Set(chunk.keys().filter((key) => parked.has(key)));
    const skipped = new Set<bigint>(chunk.poisonOffsets.filter((offset) => this.store.skipped.has(`${keyOf(chunk)}/${offset}`)));
    return chunk.plan(known, skipped);
  }

  private async applyArtifacts(batch: ArtifactBatch, topic: string): Promise<void> {
    for (const id of batch.ids) await this.lock(`artifact/${id}`);
    batch.ids.forEach((id, index) => {
      const before = this.store.discoveries.get(id) ?? null;
      if (isKnownAlready(batch, index, before)) {
        this.tally.projected += batch.recordCounts[index] ?? 0;
        return;
      }
      const known = before === null ? null : this.knownRows(before, batch.touchesCards);
      const evolved = known === null ? batch.fresh(index) : batch.evolve(index, known);
      this.note(evolved, `${topic}/${id}`);
      this.writeArtifact(batch, known, evolved.rows);
    });
  }

  private knownRows(discovery: DiscoveryRow, readsCards: boolean): ArtifactRows {
    const card = this.store.cards.get(discovery.artifactId) ?? null;
    return { discovery, card: readsCards ? card : null, belongings: card ?? NO_BELONGINGS };
  }

  private writeArtifact(batch: ArtifactBatch, before: ArtifactRows | null, rows: ArtifactRows): void {
    const { discovery, card } = rows;
    const deltas = batch.countDeltas(before?.discovery ?? null, discovery);
    const { topics, entities } = batch.membershipChanges(before, rows);
    this.writes.push(() => {
      this.store.discoveries.set(discovery.artifactId, discovery);
      if (batch.touchesCards && card === null) this.store.cards.delete(discovery.artifactId);
      if (batch.touchesCards && card !== null) this.store.cards.set(discovery.artifactId, card);
      this.store.topics.take(topics);
      this.store.entities.take(entities);
      for (const delta of deltas) {
        const key = `${delta.source}|${delta.artifactType}|${delta.day}|${delta.precision}`;
        const sums = this.store.counts.get(key) ?? { artifacts: 0, discoveries: 0 };
        this.store.counts.set(key, { artifacts: sums.artifacts + delta.artifacts, discoveries: sums.discoveries + delta.discoveries });
      }
    });
  }

  private async applyIngestions(batch: IngestionBatch, topic: string): Promise<void> {
    for (const id of batch.ids) await this.lock(`ingestion/${id}`);
    batch.ids.forEach((id, index) => {
      const before = this.store.ingestions.get(id) ?? null;
      const evolved = before === null ? batch.fresh(index) : batch.evolve(index, before);
      this.note(evolved, `${topic}/${id}`);
      this.writes.push(() => this.store.ingestions.set(id, evolved.rows));
    });
  }

  private setAside(plan: ChunkPlan, chunk: Chunk): void {
    const place = keyOf(chunk);
    this.tally.ignored += plan.ignored;
    for (const letter of plan.deadLetters) this.tally[letter.kind === 'poison' ? 'deadLettered' : 'parked'] += 1;
    this.writes.push(() => {
      for (const letter of plan.deadLetters) this.store.deadLetters.set(`${place}/${letter.offset}`, letter);
      const parked = this.store.parked.get(place) ?? new Set<string>();
      for (const key of plan.newlyParked) parked.add(key);
      this.store.parked.set(place, parked);
    });
  }

  private note(evolved: Evolved<unknown>, key: string): void {
    this.tally.projected += evolved.projected;
    this.tally.superseded += evolved.superseded;
    this.tally.sequenceMissing += evolved.sequenceMissing;
    if (evolved.keyInTwoPartitions) this.writes.push(() => this.store.conflicts.add(key));
  }
}

function isKnownAlready(batch: ArtifactBatch, index: number, row: DiscoveryRow | null): boolean {
  const facts = batch.facts[index] ?? null;
  return row !== null && facts !== null && storedFacts(row, batch.factsOf[index]) === facts;
}

function storedFacts(row: DiscoveryRow, half: ArtifactBatch['factsOf'][number] | undefined): bigint | null {
  if (half === 'score') return row.scoreFacts;
  return half === 'classified' ? row.classifiedFacts : row.observedFacts;
}

const zero = (): Tally => ({ projected: 0, superseded: 0, sequenceMissing: 0, ignored: 0, parked: 0, deadLettered: 0 });
const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
