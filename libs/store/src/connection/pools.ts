import { HarvestError } from '@harvest/kernel';
import type { HarvestMetrics, Logger } from '@harvest/observability';
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg';
import { classifyError } from './classify-error';

export interface PoolSettings {
  /** Connections kept for readers (default 20), and how many more a burst may open (default 30). */
  readonly readers?: number;
  readonly readersOverflow?: number;
  /** Pipelined connections for transactions (default 8). */
  readonly writers?: number;
  /** The longest wait for a connection (default 30,000). */
  readonly waitMs?: number;
  readonly applicationName?: string;
}

export interface PoolStats {
  readonly size: number;
  readonly checkedOut: number;
  readonly overflow: number;
  readonly total: number;
  readonly waiting: number;
  readonly writers: { readonly total: number; readonly checkedOut: number };
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
const WRITER_PLANNING = '-c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c enable_bitmapscan=off -c jit=off';

/** The store's connections: readers and writers apart, so that neither can starve the other. */
export class Pools {
  readonly readers: Pool;
  readonly writers: Pool;
  private readonly settings: Required<PoolSettings>;
  private readonly base: PoolConfig;

  constructor(private readonly options: PoolOptions) {
    this.settings = { readers: 20, readersOverflow: 30, writers: 8, waitMs: 30_000, applicationName: 'harvest', ...options.settings };
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
    const { readers, readersOverflow, writers } = this.settings;
    this.readers = this.pool({ ...this.base, max: readers + readersOverflow, min: readers });
    this.writers = this.pool({ ...this.base, max: writers, min: 0, pipeline: true, options: WRITER_PLANNING } as PoolConfig);
  }

  /** A connection of its own, in no pool: for LISTEN and for long work. Not connected yet. */
  dedicated(): Client {
    const { settings, options } = this;
    return new Client({
      connectionString: options.databaseUrl,
      connectionTimeoutMillis: Math.min(settings.waitMs, 10_000),
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: settings.applicationName,
    });
  }

  /** Runs `work` on a reader's connection and gives it back; a connection that failed is closed instead. */
  read<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.use(this.readers, doing, work);
  }

  /** The same on a pipelined connection. */
  write<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.use(this.writers, doing, work);
  }

  stats(): PoolStats {
    const { readers, writers, settings } = this;
    const total = readers.totalCount;
    return {
      size: settings.readers,
      checkedOut: total - readers.idleCount,
      overflow: Math.max(0, total - settings.readers),
      total,
      waiting: readers.waitingCount + writers.waitingCount,
      writers: { total: writers.totalCount, checkedOut: writers.totalCount - writers.idleCount },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.readers.end(), this.writers.end()]);
  }

  private pool(config: PoolConfig): Pool {
    const pool = new Pool(config);
    pool.on('error', (error) => this.options.logger.warn({ error: error.message }, 'an idle database connection broke'));
    return pool;
  }

  private async use<T>(pool: Pool, doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.checkOut(pool, doing);
    // The pool's own listener does not cover a client that is checked out.
    const onError = () => undefined;
    client.on('error', onError);
    let broken: boolean | undefined;
    try {
      return await work(client);
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
      this.report();
    }
  }

  private async checkOut(pool: Pool, doing: string): Promise<PoolClient> {
    const full = pool.totalCount >= (pool.options.max ?? 0) && pool.idleCount === 0;
    try {
      const client = await pool.connect();
      this.report();
      return client;
    } catch (error) {
      if (full && /timeout exceeded/.test((error as Error).message)) throw this.exhausted(doing, error);
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
  }
}
