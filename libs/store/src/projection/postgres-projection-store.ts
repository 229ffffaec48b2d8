import type { TopicPartition } from '@harvest/contracts';
import { HarvestError, backoffDelayMs, isHarvestError, systemClock, type Offset } from '@harvest/kernel';
import type { HarvestMetrics, Logger } from '@harvest/observability';
import type { ApplyOutcome, Checkpoint, Chunk, Claim, FaultPoints, GenerationRef, ProjectionStore } from '@harvest/read-models';
import { classifyError } from '../connection/classify-error';
import { askAlone, askRead, type TransactionOptions } from '../connection/transact';
import {
  CommitUnknownError,
  WriteTransaction,
  type Parameter,
  type Rows,
  type Statement,
  type StatementListener,
} from '../connection/write-transaction';
import { ArrayEncoder } from '../encoding/array-encoder';
import { CHECKPOINT_STATEMENTS, decodeCheckpoint, decodeClaim } from '../tables/checkpoint.table';
import { ChunkTransaction, type Attempt } from './chunk-transaction';

export interface ProjectionStoreOptions extends TransactionOptions {
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
  /** How long a lost acknowledgement is looked into before the call rejects (retriable). */
  readonly resolveMs: number;
  readonly faults?: FaultPoints;
  readonly onStatement?: StatementListener;
}

type Advance = Parameters<ProjectionStore['advance']>[0];
type Target = Pick<Chunk, 'generation' | 'topic' | 'partition' | 'epoch' | 'toOffset'>;
const NOTHING_DONE = { projected: 0, superseded: 0, sequenceMissing: 0, ignored: 0, parked: 0, deadLettered: 0 };
const RESOLVE_BACKOFF = { firstMs: 50, maxMs: 1_000 };

export class PostgresProjectionStore implements ProjectionStore {
  private readonly encoder = new ArrayEncoder();
  /** What the last transaction of a partition said of its parked keys: a guess that saves planning twice. */
  private readonly expectParked = new Set<string>();

  constructor(private readonly options: ProjectionStoreOptions) {}

  async ensureCheckpoints(
    { generation }: GenerationRef,
    partitions: readonly (TopicPartition & { firstOffset: Offset; partitionCount: number })[],
  ): Promise<void> {
    if (partitions.length === 0) return;
    const encoder = new ArrayEncoder();
    await this.run(CHECKPOINT_STATEMENTS.ensure, [
      generation,
      encoder.array('text', partitions, (at) => at.topic),
      encoder.array('int4', partitions, (at) => at.partition),
      encoder.array('int8', partitions, (at) => at.firstOffset),
      encoder.array('int4', partitions, (at) => at.partitionCount),
    ]);
  }

  async loadCheckpoints({ generation }: GenerationRef): Promise<readonly Checkpoint[]> {
    return (await askRead(this.options, CHECKPOINT_STATEMENTS.load, [generation])).rows.map(decodeCheckpoint);
  }

  async claim({ generation }: GenerationRef, { topic, partition }: TopicPartition, owner: string): Promise<Claim> {
    const { rows } = await this.run(CHECKPOINT_STATEMENTS.claim, [generation, topic, partition, owner]);
    const row = rows[0];
    if (row === undefined) throw missingCheckpoint(generation, { topic, partition });
    const claim = decodeClaim(row, { topic, partition });
    this.remember({ generation: { generation }, topic, partition }, claim.parkedKeys);
    return claim;
  }

  async apply(chunk: Chunk): Promise<ApplyOutcome> {
    let work: ChunkTransaction | undefined;
    const outcome = await this.settle(chunk, (transaction) => {
      work = new ChunkTransaction(transaction, this.encoder, chunk, this.options.faults);
      return work.run(this.expectParked.has(keyOf(chunk)));
    });
    if (outcome.kind !== 'applied') return outcome;
    this.remember(chunk, outcome.parkedKeys);
    this.alarmConflicts(chunk, work?.keyConflicts() ?? []);
    return outcome;
  }

  /** Two producers, or two partitioners: what came first is a matter of arrival, which no replay can reproduce. */
  private alarmConflicts({ topic, partition }: Chunk, keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.options.metrics.keyConflictsTotal.inc({ topic }, keys.length);
    const fields = { code: 'key-in-two-partitions', topic, partition, keys: keys.slice(0, 5), count: keys.length };
    this.options.logger.error(fields, 'keys were seen in another partition before: do all producers partition by murmur2?');
  }

  advance(advance: Advance): Promise<ApplyOutcome> {
    return this.settle(advance, async (transaction) => {
      const { generation, topic, partition, epoch, fromOffset, toOffset } = advance;
      const values = [generation.generation, topic, partition, epoch, fromOffset, toOffset, null, null];
      transaction.begin();
      const fence = transaction.send(CHECKPOINT_STATEMENTS.fence, values);
      await transaction.land('passing the fence');
      const row = (await fence).rows[0];
      if (row === undefined) return { kind: 'fence-missed' };
      await transaction.commit('advancing a checkpoint');
      return { kind: 'applied', outcomes: NOTHING_DONE, parkedKeys: row[0] as number };
    });
  }

  /** Runs one transaction to an outcome that is known for certain. */
  private async settle(target: Target, work: (transaction: WriteTransaction) => Promise<Attempt>): Promise<ApplyOutcome> {
    let attempt: Attempt;
    try {
      attempt = await this.transact(work);
    } catch (error) {
      if (error instanceof CommitUnknownError) return this.resolveLostCommit(target, error);
      throw error;
    }
    if (attempt.kind === 'applied') return attempt;
    return this.outcomeAt(target, await askRead(this.options, CHECKPOINT_STATEMENTS.find, this.where(target)));
  }

  private transact(work: (transaction: WriteTransaction) => Promise<Attempt>): Promise<Attempt> {
    const { pools, timeouts, onStatement } = this.options;
    return pools.write('applying a chunk', async (client) => {
      const transaction = new WriteTransaction(client, timeouts, onStatement);
      try {
        const attempt = await work(transaction);
        if (attempt.kind === 'fence-missed') await transaction.rollBack();
        return attempt;
      } catch (error) {
        await transaction.rollBack();
        throw error;
      }
    });
  }

  /**
   * Re-reads the checkpoint under its row lock, so that a commit still in flight is waited for; never repeats the work blindly.
   */
  private async resolveLostCommit(target: Target, lost: CommitUnknownError): Promise<ApplyOutcome> {
    const { logger, resolveMs } = this.options;
    logger.warn({ topic: target.topic, partition: target.partition }, 'a COMMIT was not acknowledged; asking what became of it');
    const held = await this.holdCheckpoint(target, Date.now() + resolveMs);
    const outcome = this.outcomeAt(target, held);
    if (outcome.kind !== 'fenced' || outcome.epochMoved === true) return outcome;
    throw classifyError(lost.cause, 'the commit was lost before it took effect');
  }

  /** Tries until the deadline: what broke the connection may take a while to pass. */
  private async holdCheckpoint(target: Target, deadlineMs: number): Promise<Rows> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.run(CHECKPOINT_STATEMENTS.hold, this.where(target));
      } catch (error) {
        const mayPass = isHarvestError(error) && error.retriable && Date.now() < deadlineMs;
        if (!mayPass) throw error;
        await systemClock.sleep(backoffDelayMs(RESOLVE_BACKOFF, attempt));
      }
    }
  }

  private outcomeAt(target: Target, { rows }: Rows): ApplyOutcome & { readonly epochMoved?: boolean } {
    const row = rows[0];
    if (row === undefined) throw missingCheckpoint(target.generation.generation, target);
    const [epoch, nextOffset] = row as [string, string];
    if (BigInt(epoch) !== target.epoch) return { kind: 'fenced', epochMoved: true };
    return BigInt(nextOffset) >= target.toOffset ? { kind: 'already-applied' } : { kind: 'fenced', epochMoved: false };
  }

  private where(target: Target): Parameter[] {
    return [target.generation.generation, target.topic, target.partition];
  }

  private run(statement: Statement, values: readonly Parameter[]): Promise<Rows> {
    return askAlone(this.options, statement, values);
  }

  private remember(at: { generation: { generation: number } } & TopicPartition, parkedKeys: number): void {
    if (parkedKeys > 0) this.expectParked.add(keyOf(at));
    else this.expectParked.delete(keyOf(at));
  }
}

function keyOf({ generation, topic, partition }: { generation: { generation: number } } & TopicPartition): string {
  return `${generation.generation}/${topic}/${partition}`;
}

function missingCheckpoint(generation: number, { topic, partition }: TopicPartition): HarvestError {
  return new HarvestError({
    code: 'checkpoint-missing',
    message: `generation ${generation} has no checkpoint for ${topic}/${partition}: ensureCheckpoints comes first`,
  });
}
