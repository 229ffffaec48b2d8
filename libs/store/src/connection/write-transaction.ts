import { HarvestError } from '@harvest/kernel';
import type { ClientBase, CustomTypesConfig, QueryResult } from 'pg';
import { classifyError } from './classify-error';
import { sendQuery } from './send-query';

/** A statement with a name: prepared once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Every column comes as the text it is on the wire: for rows that are decoded by hand anyway. */
  readonly raw?: boolean;
}

const AS_IT_IS = (text: string) => text;
const RAW_TYPES = { getTypeParser: () => AS_IT_IS } as unknown as CustomTypesConfig;
export type Parameter = Buffer | string | number | bigint | boolean | null;
export type StatementListener = (name: string, text: string, values: readonly Parameter[]) => void;
/** Rows as arrays of columns, as the text protocol brings them. */
export type Rows = QueryResult<unknown[]>;

export interface TransactionTimeouts {
  readonly statementMs: number;
  readonly lockMs: number;
  /** A process stopped in mid-transaction holds locks that others need. */
  readonly idleMs: number;
}

/** The COMMIT was sent and its answer never came: it may have taken effect. */
export class CommitUnknownError extends Error {
  constructor(override readonly cause: unknown) {
    super('the connection broke before COMMIT was acknowledged');
    this.name = 'CommitUnknownError';
  }
}

/**
 * One transaction on a pipelined connection: `send` puts statements on the wire without waiting, `land` waits for all of them.
 * After a rejection the owner calls `rollBack`; nothing of a flight is left unobserved.
 */
export class WriteTransaction {
  private flight: Promise<Rows>[] = [];
  private commitSent = false;

  constructor(
    private readonly client: ClientBase,
    private readonly timeouts: TransactionTimeouts,
    private readonly onStatement?: StatementListener,
  ) {}

  begin(): void {
    const { statementMs, lockMs, idleMs } = this.timeouts;
    void this.push(
      sendQuery(this.client, {
        text: `BEGIN; SET LOCAL statement_timeout = ${statementMs}; SET LOCAL lock_timeout = ${lockMs};
          SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`,
        rowMode: 'array',
      }),
    );
  }

  /** `values` may be views of a reused buffer: they are copied before this returns. */
  send(statement: Statement, values: readonly Parameter[] = []): Promise<Rows> {
    this.onStatement?.(statement.name, statement.text, values);
    const { name, text, raw } = statement;
    const query = { name, text, values: values as Parameter[], rowMode: 'array' as const, ...(raw && { types: RAW_TYPES }) };
    return this.push(sendQuery(this.client, query));
  }

  /** The same when nobody asks for its answer: a failure shows when the flight lands. */
  put(statement: Statement, values: readonly Parameter[] = []): void {
    void this.send(statement, values);
  }

  /** Waits for the whole flight, whatever becomes of it, and rejects with its first failure, coded. */
  async land(doing: string): Promise<void> {
    const flight = this.flight;
    this.flight = [];
    const settled = await this.settle(flight);
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    if (this.commitSent && isBroken(failed.reason)) throw new CommitUnknownError(failed.reason);
    throw classifyError(failed.reason, doing);
  }

  /** Lands the flight with COMMIT at its end. A failed transaction answers COMMIT by rolling back, without an error [m]. */
  async commit(doing: string): Promise<void> {
    const commit = this.push(sendQuery(this.client, { text: 'COMMIT', rowMode: 'array' }));
    this.commitSent = true;
    await this.land(doing);
    if ((await commit).command === 'COMMIT') return;
    throw new HarvestError({ code: 'store-corrupt', message: `${doing}: COMMIT was answered by ROLLBACK` });
  }

  /** Never rejects; returns whether the connection may be used again. */
  async rollBack(): Promise<boolean> {
    void this.push(sendQuery(this.client, { text: 'ROLLBACK', rowMode: 'array' }));
    const settled = await this.settle(this.flight);
    this.flight = [];
    return settled.at(-1)?.status === 'fulfilled';
  }

  private push(result: Promise<Rows>): Promise<Rows> {
    // Observed by `land`; until then a rejection must not count as unhandled.
    result.catch(() => undefined);
    this.flight.push(result);
    return result;
  }

  /** The server's own timeouts do not help on a dead socket: past the client's deadline the connection is destroyed. */
  private async settle(flight: readonly Promise<Rows>[]): Promise<PromiseSettledResult<Rows>[]> {
    const deadlineMs = this.timeouts.statementMs + this.timeouts.lockMs + 2_000;
    const timer = setTimeout(() => destroyConnection(this.client), deadlineMs);
    try {
      return await Promise.allSettled(flight);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Errors every query of the client at once. */
export function destroyConnection(client: ClientBase): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(error?: Error): void } } };
  connection.stream.destroy(new Error('Connection terminated: no answer before the deadline'));
}

/** The connection is gone, as against: the server answered with an error. */
function isBroken(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? '';
  const severity = (error as { severity?: string }).severity;
  return severity === 'FATAL' || severity === 'PANIC' || !/^[0-9A-Z]{5}$/.test(code) || code.startsWith('08') || /^E[A-Z]{4}$/.test(code);
}
