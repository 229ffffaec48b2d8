import type { Pools } from './pools';
import { classifyError } from './classify-error';
import {
  CommitUnknownError,
  WriteTransaction,
  type Parameter,
  type Rows,
  type Statement,
  type TransactionTimeouts,
} from './write-transaction';

export interface TransactionOptions {
  readonly pools: Pools;
  readonly timeouts: TransactionTimeouts;
}

/**
 * Runs `work` between BEGIN and COMMIT on a control connection; any rejection rolls back. A lost acknowledgement rejects as
 * `store-unreachable` (retriable): only for work that may be repeated.
 */
export function transact<T>(options: TransactionOptions, doing: string, work: (transaction: WriteTransaction) => Promise<T>): Promise<T> {
  return options.pools.control(doing, async (client) => {
    const transaction = new WriteTransaction(client, options.timeouts);
    try {
      transaction.begin();
      const result = await work(transaction);
      await transaction.commit(doing);
      return result;
    } catch (error) {
      await transaction.rollBack();
      throw error instanceof CommitUnknownError ? classifyError(error.cause, doing) : error;
    }
  });
}

/** Sends one statement and waits for it. */
export async function ask(transaction: WriteTransaction, statement: Statement, values: readonly Parameter[] = []): Promise<Rows> {
  const result = transaction.send(statement, values);
  await transaction.land(statement.name);
  return result;
}

/** One statement in a transaction of its own. */
export function askAlone(options: TransactionOptions, statement: Statement, values: readonly Parameter[] = []): Promise<Rows> {
  return transact(options, statement.name, (transaction) => ask(transaction, statement, values));
}

/** One reading statement, without BEGIN and COMMIT around it. */
export function askRead(options: TransactionOptions, statement: Statement, values: readonly Parameter[] = []): Promise<Rows> {
  return options.pools.control(statement.name, (client) => ask(new WriteTransaction(client, options.timeouts), statement, values));
}
