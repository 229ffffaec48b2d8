import { HarvestError } from '@harvest/kernel';
import type { ChunkPlan, DeadLetter, RedrivePlanner } from '@harvest/read-models';
import { ask } from '../connection/transact';
import type { WriteTransaction } from '../connection/write-transaction';
import { ArrayEncoder } from '../encoding/array-encoder';
import { OutcomeTally } from '../projection/outcomes';
import { SubjectWriters } from '../projection/subject-writers';
import { CHECKPOINT_STATEMENTS } from '../tables/checkpoint.table';
import { schemaOf } from '../tables/generation-schema';
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
    const writers = await this.sendRows(plan);
    await this.removeDrained(queue.slice(0, plan.drained));
    const blocker = queue[plan.drained];
    if (blocker === undefined) this.release();
    else this.blockBehind(blocker, plan);
    writers.sendCounts();
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

  /** As in a chunk. */
  private async sendRows(plan: ChunkPlan): Promise<SubjectWriters> {
    const { transaction, encoder, at } = this;
    const generation = { generation: at.generation, schema: schemaOf(at.generation) };
    const writers = new SubjectWriters({ transaction, encoder, generation, topic: at.topic }, plan);
    writers.sendProbe();
    await writers.lockSubjects();
    await writers.evolve(new OutcomeTally(plan));
    writers.sendRows();
    return writers;
  }

  private async removeDrained(drained: readonly DeadLetter[]): Promise<void> {
    if (drained.length === 0) return;
    this.encoder.reset();
    await ask(this.transaction, SQL.remove, [this.encoder.array('int8', drained, (letter) => letter.id)]);
  }

  private release(): void {
    const { generation, topic, partition, key } = this.at;
    if (key !== null) this.transaction.put(SQL.release, [generation, topic, partition, key]);
  }

  /** The first record that stayed is the poison now, by today's verdict when the plan brings one. */
  private blockBehind(blocker: DeadLetter, plan: ChunkPlan): void {
    const { code, path, reason, projection } = plan.deadLetters.find(({ offset }) => offset === blocker.offset) ?? blocker;
    this.transaction.put(SQL.becomePoison, [blocker.id, code, path, reason, projection]);
  }
}
