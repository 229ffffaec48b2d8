import { HarvestError, withDeadline } from '@harvest/kernel';
import type { DeadLetter, DeadLetterFilter, DeadLetterGroup, DeadLetterStore, ParkedKey, RedrivePlanner } from '@harvest/read-models';
import { ask, askRead, transact, type TransactionOptions } from '../connection/transact';
import type { Parameter } from '../connection/write-transaction';
import { ArrayEncoder } from '../encoding/array-encoder';
import { DEAD_LETTER_STATEMENTS as SQL } from './dead-letter-statements';
import { decodeDeadLetter } from './decode-dead-letter';
import { Redrive, type QueueKey } from './redrive';

/** How long the dead-letter topic may take; its rows are locked meanwhile. */
const RELAY_MS = 30_000;

export class PostgresDeadLetterStore implements DeadLetterStore {
  constructor(private readonly options: TransactionOptions) {}

  async groups(filter: DeadLetterFilter): Promise<readonly DeadLetterGroup[]> {
    return (await askRead(this.options, SQL.groups, filterValues(filter))).rows.map((row) => ({
      code: row[0] as string,
      path: row[1] as string,
      topic: row[2] as string,
      poison: row[3] as number,
      waiting: row[4] as number,
      oldestMs: Number(row[5]),
      newestMs: Number(row[6]),
      exampleId: BigInt(row[7] as string),
    }));
  }

  /** The oldest first; of the generation that answers, as are `groups` and `parkedKeys`. */
  async list(filter: DeadLetterFilter, limit: number): Promise<readonly DeadLetter[]> {
    return (await askRead(this.options, SQL.list, [...filterValues(filter), limit])).rows.map(decodeDeadLetter);
  }

  async get(id: bigint): Promise<DeadLetter | null> {
    const row = (await askRead(this.options, SQL.get, [id])).rows[0];
    return row === undefined ? null : decodeDeadLetter(row);
  }

  async parkedKeys(filter: DeadLetterFilter, limit: number): Promise<readonly ParkedKey[]> {
    const { rows } = await askRead(this.options, SQL.parkedKeys, [...filterValues(filter), limit]);
    return rows.map((row) => ({
      generation: row[0] as number,
      topic: row[1] as string,
      partition: row[2] as number,
      key: row[3] as Buffer,
      sinceMs: Number(row[4]),
      waiting: row[5] as number,
    }));
  }

  redriveKey(key: QueueKey, planner: RedrivePlanner): Promise<{ readonly drained: number; readonly remaining: number }> {
    return transact(this.options, 'redriving a key', (transaction) => new Redrive(transaction, key).run(planner));
  }

  /** Rejects with `dead-letter-unknown`, or `dead-letter-waiting` for a record that only waits behind a poison. Released when empty. */
  async discard(id: bigint, reason: string): Promise<void> {
    await transact(this.options, 'discarding a dead letter', async (transaction) => {
      const row = (await ask(transaction, SQL.get, [id])).rows[0];
      const letter = checkDiscardable(id, row === undefined ? undefined : decodeDeadLetter(row));
      const { topic, partition, offset, key } = letter;
      await ask(transaction, SQL.holdCheckpoints, [topic, partition, null]);
      const discarded = await ask(transaction, SQL.discard, [topic, partition, offset]);
      // Redriven before the checkpoints were ours: it is projected by now, and must not be skipped.
      if (!discarded.rows.some((gone) => gone[0] === letter.generation)) throw unknownLetter(id);
      if (key !== null) transaction.put(SQL.releaseEmptied, [topic, partition, key]);
      transaction.put(SQL.insertCorrection, [topic, partition, offset, reason]);
      const detail = { topic, partition, offset: offset.toString(), code: letter.code, reason };
      transaction.put(SQL.audit, ['dead-letter-discarded', JSON.stringify(detail)]);
    });
  }

  /** At least once: a relay whose answer was lost is repeated. */
  relay(limit: number, relay: (letters: readonly DeadLetter[]) => Promise<void>): Promise<number> {
    const patient = { ...this.options, timeouts: { ...this.options.timeouts, idleMs: RELAY_MS * 2 } };
    return transact(patient, 'relaying dead letters', async (transaction) => {
      const letters = (await ask(transaction, SQL.lockToRelay, [limit])).rows.map(decodeDeadLetter);
      if (letters.length === 0) return 0;
      await withDeadline(relay(letters), RELAY_MS, 'relaying dead letters');
      const ids = new ArrayEncoder().array('int8', letters, (letter) => letter.id);
      await ask(transaction, SQL.markRelayed, [ids]);
      return letters.length;
    });
  }
}

function checkDiscardable(id: bigint, letter: DeadLetter | undefined): DeadLetter {
  if (letter === undefined) throw unknownLetter(id);
  if (letter.kind === 'poison') return letter;
  throw new HarvestError({
    code: 'dead-letter-waiting',
    message: `dead letter ${id} waits behind the poison of its key: discard or redrive that one first`,
  });
}

function unknownLetter(id: bigint): HarvestError {
  return new HarvestError({ code: 'dead-letter-unknown', message: `there is no dead letter ${id} (any more)` });
}

function filterValues({ topic, code, key, ids }: DeadLetterFilter): Parameter[] {
  const array = ids === undefined ? null : (new ArrayEncoder().array('int8', ids, (id) => id) ?? '{}');
  return [topic ?? null, code ?? null, key ?? null, array];
}
