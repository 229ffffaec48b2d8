import { HarvestError } from '@harvest/kernel';
import type { ChunkPlan, DeadLetter, RedrivePlanner } from '@harvest/read-models';
import { ask } from '../connection/transact';
import type { WriteTransaction } from '../connection/write-transaction';
import { ArrayEncoder } from '../encoding/array-encoder';
import { ArtifactWriter } from '../projection/artifact-writer';
import { generationStatements } from '../projection/generation-statements';
import { IngestionWriter } from '../projection/ingestion-writer';
import { OutcomeTally } from '../projection/outcomes';
import { CHECKPOINT_STATEMENTS } from '../tables/checkpoint.table';
import { schemaOf } from '../tables/generation-schema';
import { SET_ASIDE_STATEMENTS } from '../tables/set-aside.table';
import { DEAD_LETTER_STATEMENTS as SQL } from './dead-letter-statements';
import { decodeDeadLetter } from './decode-dead-letter';

export interface QueueKey {
  readonly generation: number;
  readonly topic: string;
  readonly partition: number;
  /** Null: the records without a key. */
  readonly key: Buffer | null;
}

/**
 * One key's queue fed through today's decoder in one transaction. It holds the partition's checkpoint row from its first statement
 * on, as every chunk does, so no live batch of the same key can pass it.
 */
export class Redrive {
  private readonly encoder = new ArrayEncoder();

  constructor(
    private readonly transaction: WriteTransaction,
    private readonly at: QueueKey,
  ) {}

  async run(planner: RedrivePlanner): Promise<{ drained: number; remaining: number }> {
    const queue = await this.holdQueue();
    const plan = planner.plan(queue, this.at.topic);
    if (!Number.isInteger(plan.drained) || plan.drained < 0 || plan.drained > queue.length)
      throw new RangeError(`a plan cannot drain ${plan.drained} of ${queue.length} records`);
    const sendCounts = await this.sendRows(plan);
    await this.removeDrained(queue.slice(0, plan.drained));
    const blocker = queue[plan.drained];
    if (blocker === undefined) this.release();
    else this.blockBehind(blocker, plan);
    sendCounts();
    return { drained: plan.drained, remaining: queue.length - plan.drained };
  }

  private async holdQueue(): Promise<readonly DeadLetter[]> {
    const { generation, topic, partition, key } = this.at;
    const held = await ask(this.transaction, SQL.holdCheckpoints, [topic, partition, generation]);
    if (held.rows.length === 0)
      throw new HarvestError({
        code: 'checkpoint-missing',
        message: `generation ${generation} has no checkpoint for ${topic}/${partition}`,
      });
    await ask(this.transaction, CHECKPOINT_STATEMENTS.erasureLock);
    const queue = await (key === null
      ? ask(this.transaction, SQL.queueWithoutKey, [generation, topic, partition])
      : ask(this.transaction, SQL.queueOfKey, [generation, topic, partition, key]));
    return queue.rows.map(decodeDeadLetter);
  }

  /** As in a chunk; resolves with what sends the counts, which go last. */
  private async sendRows(plan: ChunkPlan): Promise<() => void> {
    const { generation } = this.at;
    const statements = generationStatements({ generation, schema: schemaOf(generation) });
    const tally = new OutcomeTally(plan);
    const artifacts = plan.artifacts?.ids.length ? new ArtifactWriter(this.transaction, statements, plan.artifacts, this.encoder) : null;
    const ingestions = plan.ingestions?.ids.length
      ? new IngestionWriter(this.transaction, statements, plan.ingestions, this.encoder)
      : null;
    artifacts?.sendProbe();
    await artifacts?.lockSubjects();
    await ingestions?.lockSubjects();
    await artifacts?.evolve(tally);
    ingestions?.evolve(tally);
    artifacts?.sendRows();
    ingestions?.sendRows();
    this.sendKeyConflicts([...(artifacts?.conflicts ?? []), ...(ingestions?.conflicts ?? [])]);
    return () => artifacts?.sendCounts();
  }

  private sendKeyConflicts(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.encoder.reset();
    const array = this.encoder.array('text', keys, (key) => key);
    this.transaction.send(SET_ASIDE_STATEMENTS.insertKeyConflicts, [this.at.generation, this.at.topic, array]);
  }

  private async removeDrained(drained: readonly DeadLetter[]): Promise<void> {
    if (drained.length === 0) return;
    this.encoder.reset();
    await ask(this.transaction, SQL.remove, [this.encoder.array('int8', drained, (letter) => letter.id)]);
  }

  private release(): void {
    const { generation, topic, partition, key } = this.at;
    if (key !== null) this.transaction.send(SQL.release, [generation, topic, partition, key]);
  }

  /** The first record that stayed is the poison now, by today's verdict when the plan brings one. */
  private blockBehind(blocker: DeadLetter, plan: ChunkPlan): void {
    const { code, path, reason, projection } = plan.deadLetters.find(({ offset }) => offset === blocker.offset) ?? blocker;
    this.transaction.send(SQL.becomePoison, [blocker.id, code, path, reason, projection]);
  }
}
