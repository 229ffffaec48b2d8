import type { ApplyOutcome, Chunk, ChunkPlan, FaultPoint, FaultPoints } from '@harvest/read-models';
import type { Rows, WriteTransaction } from '../connection/write-transaction';
import type { ArrayEncoder } from '../encoding/array-encoder';
import { CHECKPOINT_STATEMENTS } from '../tables/checkpoint.table';
import { DEAD_LETTER_COLUMNS, SET_ASIDE_STATEMENTS } from '../tables/set-aside.table';
import { encodeColumns } from '../tables/columns';
import { OutcomeTally } from './outcomes';
import { SubjectWriters } from './subject-writers';

const NOTHING_PARKED: ReadonlySet<string> = new Set();
const NOTHING_SKIPPED: ReadonlySet<bigint> = new Set();

/** Where a chunk's transaction has got to when its fence missed. */
export type Attempt = Extract<ApplyOutcome, { kind: 'applied' }> | { readonly kind: 'fence-missed' };

/**
 * One chunk, one transaction: fence → erasure lock → parked keys → subjects' locks → what they hold → evolve → rows → counts →
 * COMMIT. See 3-engine in the design for why in this order.
 */
export class ChunkTransaction {
  private planned: { readonly plan: ChunkPlan; readonly writers: SubjectWriters } | undefined;

  constructor(
    private readonly transaction: WriteTransaction,
    private readonly encoder: ArrayEncoder,
    private readonly chunk: Chunk,
    private readonly faults?: FaultPoints,
  ) {}

  /** Keys of the chunk that came from another partition of its topic before. */
  keyConflicts(): readonly string[] {
    return this.planned?.writers.conflicts() ?? [];
  }

  /** Rejects with a coded error or `CommitUnknownError`; rolling back is the caller's. */
  async run(expectParked: boolean): Promise<Attempt> {
    const parkedKeys = await this.passFence(expectParked);
    if (parkedKeys === null) return { kind: 'fence-missed' };
    await this.reach('after-fence');
    const { plan, writers } = this.planned ?? (await this.planAroundParked(parkedKeys > 0));
    await writers.lockSubjects();
    await this.reach('before-rows');
    const tally = new OutcomeTally(plan);
    await writers.evolve(tally);
    writers.sendRows();
    const parked = this.sendSetAside(plan);
    writers.sendCounts();
    await this.reach('before-commit');
    await this.transaction.commit('committing a chunk');
    await this.reach('after-commit-before-acknowledgement');
    return { kind: 'applied', outcomes: tally.counts(), parkedKeys: (await parked) ?? parkedKeys };
  }

  /** The number of parked keys; null when the fence missed. Plans and probes in the same flight when nothing need be asked before. */
  private async passFence(expectParked: boolean): Promise<number | null> {
    const fence = this.sendFence();
    const optimistic = !expectParked && this.chunk.poisonOffsets.length === 0;
    if (optimistic) this.usePlan(this.chunk.plan(NOTHING_PARKED, NOTHING_SKIPPED));
    await this.transaction.land('passing the fence');
    const row = (await fence).rows[0];
    if (row === undefined) return null;
    const parkedKeys = row[0] as number;
    if (parkedKeys > 0) this.planned = undefined;
    return parkedKeys;
  }

  private sendFence(): Promise<Rows> {
    const { topic, partition, generation, epoch, fromOffset, toOffset, lastRecord } = this.chunk;
    const last = [lastRecord?.offset ?? null, lastRecord?.hash ?? null];
    this.transaction.begin();
    const values = [generation.generation, topic, partition, epoch, fromOffset, toOffset, ...last];
    const fence = this.transaction.send(CHECKPOINT_STATEMENTS.fence, values);
    this.transaction.put(CHECKPOINT_STATEMENTS.erasureLock);
    return fence;
  }

  private async planAroundParked(anyParked: boolean) {
    const parked = anyParked ? this.sendFindParked() : undefined;
    const skipped = this.chunk.poisonOffsets.length > 0 ? this.sendFindSkipped() : undefined;
    await this.transaction.land('reading parked keys and corrections');
    const keys = new Set((await parked)?.rows.map((row) => (row[0] as Buffer).toString('base64')));
    const offsets = new Set((await skipped)?.rows.map((row) => BigInt(row[0] as string)));
    const planned = this.usePlan(this.chunk.plan(keys, offsets));
    await this.transaction.land('probing subjects');
    return planned;
  }

  private usePlan(plan: ChunkPlan) {
    const { transaction, encoder, chunk } = this;
    const writers = new SubjectWriters({ transaction, encoder, generation: chunk.generation, topic: chunk.topic }, plan);
    writers.sendProbe();
    return (this.planned = { plan, writers });
  }

  private sendFindParked(): Promise<Rows> {
    const { generation, topic, partition } = this.chunk;
    const keys = this.bytesArray(this.chunk.keys());
    return this.transaction.send(SET_ASIDE_STATEMENTS.findParked, [generation.generation, topic, partition, keys]);
  }

  private sendFindSkipped(): Promise<Rows> {
    const { topic, partition, poisonOffsets } = this.chunk;
    this.encoder.reset();
    const offsets = this.encoder.array('int8', poisonOffsets, (offset) => offset);
    return this.transaction.send(SET_ASIDE_STATEMENTS.findSkipped, [topic, partition, offsets]);
  }

  /** Resolves with the new number of parked keys when keys are parked. */
  private sendSetAside({ deadLetters, newlyParked }: ChunkPlan): Promise<number> | undefined {
    const { topic, partition, generation } = this.chunk;
    const at = { generation: generation.generation, topic, partition };
    if (deadLetters.length > 0) {
      const letters = deadLetters.map((letter) => ({ ...letter, ...at }));
      this.transaction.put(SET_ASIDE_STATEMENTS.insertDeadLetters, encodeColumns(this.encoder, DEAD_LETTER_COLUMNS, letters));
    }
    if (newlyParked.length === 0) return undefined;
    const values = [at.generation, topic, partition, this.bytesArray(newlyParked)];
    const parked = this.transaction.send(SET_ASIDE_STATEMENTS.park, values).then((result) => result.rows[0]![0] as number);
    // Observed once the commit has landed; an earlier failure is reported by the flight.
    parked.catch(() => undefined);
    return parked;
  }

  private bytesArray(base64Keys: readonly string[]): Buffer | null {
    this.encoder.reset();
    return this.encoder.array('bytea', base64Keys, (key) => Buffer.from(key, 'base64'));
  }

  /** Costs nothing unless a fault is armed. */
  private reach(point: FaultPoint): Promise<void> | void {
    return this.faults?.reach(point, { topic: this.chunk.topic });
  }
}
