import { availableParallelism } from 'node:os';
import { HarvestError } from '@harvest/kernel';
import type { HarvestMetrics, Logger } from '@harvest/observability';
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import { classifyError } from './classify-error';
import { ReadSlots } from './read-slots';
import { ReaderClient } from './reader-client';

export interface PoolSettings {
  /** Connections kept for readers (default 20), and how many more a burst may open (default 30). */
  readonly readers?: number;
  readonly readersOverflow?: number;
  /** How many quick reads run at once; 0 (default): as many as there are processors, at least 2. */
  readonly activeReads?: number;
  /** Pipelined connections for chunks (default 8), and for everything short that must not queue behind them (default 4). */
  readonly writers?: number;
  readonly control?: number;
  /** The longest wait for a connection (default 30,000). */
  readonly waitMs?: number;
  readonly applicationName?: string;
}

export interface PoolCounts {
  readonly total: number;
  readonly checkedOut: number;
}

export interface PoolStats {
  readonly size: number;
  readonly checkedOut: number;
  readonly overflow: number;
  readonly total: number;
  readonly waiting: number;
  readonly writers: PoolCounts;
  readonly control: PoolCounts;
}

export interface PoolOptions {
  readonly databaseUrl: string;
  readonly settings: PoolSettings;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
}

const RECYCLE_SECONDS = 3_600;

/**
 * Writers join only unnested batches to indexed tables, and such a join must stay an index lookup per row while a table grows
 * from nothing under a prepared plan; a plan made on the empty table would scan it.
 */
export const WRITER_PLANNING = '-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_bitmapscan=off -c jit=off';

/**
 * One-row tables (pointer, installation) are never analyzed and taken for thousands of rows, so the planner finds a read dear
 * enough to compile: one to two seconds of compiling for two milliseconds of work, on every read. And starting parallel workers
 * costs twenty milliseconds where an answer takes one; they are started even for a part of a plan that then does not run.
 */
const READER_PLANNING = '-c jit=off -c max_parallel_workers_per_gather=0';

/** The pool's own listener does not cover a client that is checked out; its queries are rejected, which is where it shows. */
const onCheckedOutError = () => undefined;

/** The longest a statement of a reader runs, whatever its caller waits. */
const READER_STATEMENT_MS = 30_000;

/** The store's connections: readers and writers apart, so that neither can starve the other. */
export class Pools {
  readonly readers: Pool;
  readonly writers: Pool;
  readonly controls: Pool;
  private readonly slots: ReadSlots;
  private readonly settings: Required<PoolSettings>;
  private readonly base: PoolConfig;

  constructor(private readonly options: PoolOptions) {
    this.settings = {
      readers: 20,
      readersOverflow: 30,
      activeReads: 0,
      writers: 8,
      control: 4,
      waitMs: 30_000,
      applicationName: 'harvest',
      ...options.settings,
    };
    this.base = {
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: this.settings.waitMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      idleTimeoutMillis: 30_000,
      maxLifetimeSeconds: RECYCLE_SECONDS,
      application_name: this.settings.applicationName,
      allowExitOnIdle: true,
    };
    const { readers, readersOverflow, writers, control } = this.settings;
    this.readers = this.pool({
      ...this.base,
      Client: ReaderClient,
      max: readers + readersOverflow,
      min: readers,
      statement_timeout: READER_STATEMENT_MS,
      options: READER_PLANNING,
    });
    const slots = this.settings.activeReads || Math.max(2, availableParallelism());
    this.slots = new ReadSlots(slots, this.settings.waitMs, () => this.exhausted('reading', undefined));
    const pipelined = { ...this.base, min: 0, pipeline: true, options: WRITER_PLANNING };
    this.writers = this.pool({ ...pipelined, max: writers });
    this.controls = this.pool({ ...pipelined, max: control });
  }

  /**
   * Opens the connections that are kept for readers, one after the other. A burst that needs them all waits for a process to be forked
   * and a password to be hashed thousands of times for each, at once: measured, 120 ms on two cores for answers of two.
   * Rejects as a read does.
   */
  async openReaders(): Promise<void> {
    const held: PoolClient[] = [];
    try {
      while (this.readers.totalCount < this.settings.readers) held.push(await this.checkOut(this.readers, 'opening connections'));
    } finally {
      for (const client of held) this.giveBack(client, false);
    }
  }

  /** A connection of its own, in no pool, for LISTEN. Not connected yet. */
  listener(): Client {
    const { settings, options } = this;
    return new Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: Math.min(settings.waitMs, 10_000),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: `${settings.applicationName}-listener`,
    });
  }

  /** `read`, in a slot: for what is quick and asked for often. Rejects with `pool-exhausted` when its turn does not come. */
  readInTurn<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.slots.run(() => this.read(doing, work));
  }

  /** Runs `work` on a reader's connection and gives it back; a connection that failed is closed instead. */
  read<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.use(this.readers, doing, work);
  }

  /** The same on a pipelined connection, for a chunk. */
  write<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.use(this.writers, doing, work);
  }

  /** The same on a pipelined connection, for something short. */
  control<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.use(this.controls, doing, work);
  }

  stats(): PoolStats {
    const { readers, writers, controls, settings } = this;
    const total = readers.totalCount;
    return {
      size: settings.readers,
      checkedOut: total - readers.idleCount,
      overflow: Math.max(0, total - settings.readers),
      total,
      waiting: this.slots.waiting + readers.waitingCount + writers.waitingCount + controls.waitingCount,
      writers: countsOf(writers),
      control: countsOf(controls),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.readers.end(), this.writers.end(), this.controls.end()]);
  }

  private pool(config: PoolConfig): Pool {
    const pool = new Pool(config);
    pool.on('error', (error) => this.options.logger.warn({ error: error.message }, 'an idle database connection broke'));
    return pool;
  }

  /** For work that outlives one call; to be given back by `giveBack`. */
  checkOutReader(doing: string): Promise<PoolClient> {
    return this.checkOut(this.readers, doing);
  }

  giveBack(client: PoolClient, broken: boolean): void {
    client.off('error', onCheckedOutError);
    client.release(broken);
    this.report();
  }

  private async use<T>(pool: Pool, doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.checkOut(pool, doing);
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      this.giveBack(client, broken);
    }
  }

  private async checkOut(pool: Pool, doing: string): Promise<PoolClient> {
    try {
      const client = await pool.connect();
      client.on('error', onCheckedOutError);
      this.report();
      return client;
    } catch (error) {
      // What a wait in the pool's queue ends with; a connection that cannot be made fails in other words.
      if ((error as Error).message.startsWith('timeout exceeded when trying to connect')) throw this.exhausted(doing, error);
      throw classifyError(error, doing);
    }
  }

  private exhausted(doing: string, cause: unknown): HarvestError {
    return new HarvestError({
      code: 'pool-exhausted',
      retriable: true,
      message: `${doing}: no database connection became free within ${this.settings.waitMs} ms; raise the pool or lower the load`,
      cause,
    });
  }

  private report(): void {
    const stats = this.stats();
    this.options.metrics.dbConnectionsActive.set({ pool: 'readers' }, stats.checkedOut);
    this.options.metrics.dbConnectionsActive.set({ pool: 'writers' }, stats.writers.checkedOut);
    this.options.metrics.dbConnectionsActive.set({ pool: 'control' }, stats.control.checkedOut);
  }
}

function countsOf(pool: Pool): PoolCounts {
  return { total: pool.totalCount, checkedOut: pool.totalCount - pool.idleCount };
}
