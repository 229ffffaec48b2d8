import { HarvestError, withDeadline } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import { Client } from 'pg';
import type { DataSource, MigrationInterface } from 'typeorm';
import { classifyError } from './connection/classify-error';

export type MigrationClass = new () => MigrationInterface;

export interface MigrationStatus {
  readonly name: string;
  readonly applied: boolean;
}

export interface MigratorOptions {
  readonly databaseUrl: string;
  readonly migrations: readonly MigrationClass[];
  readonly logger: Logger;
  /** How long to wait for another process that migrates (default 60,000). */
  readonly waitMs?: number;
}

const MIGRATION_LOCK = 0x6d696772;

/** Brings schema `harvest` up to this version. Processes that start together wait for each other. */
export class Migrator {
  constructor(private readonly options: MigratorOptions) {}

  /** Runs what is pending, each migration in a transaction of its own. Returns their names. Idempotent. */
  migrate(): Promise<readonly string[]> {
    return this.exclusively('migrating the database', async (source) => {
      const ran = await source.runMigrations({ transaction: 'each' });
      for (const { name } of ran) this.options.logger.info({ migration: name }, 'migrated');
      return ran.map(({ name }) => name);
    });
  }

  /** Undoes the last migration; returns its name, or null when none is applied. */
  rollback(): Promise<string | null> {
    return this.exclusively('rolling back a migration', async (source) => {
      const last = (await appliedNames(source)).at(-1) ?? null;
      if (last !== null) await source.undoLastMigration({ transaction: 'each' });
      return last;
    });
  }

  /** Every migration of this version, in order. Writes nothing. */
  async status(): Promise<readonly MigrationStatus[]> {
    const client = await this.connect('reading the migrations');
    try {
      const applied = new Set(await namesOf(client));
      return this.names().map((name) => ({ name, applied: applied.has(name) }));
    } catch (error) {
      throw classifyError(error, 'reading the migrations');
    } finally {
      await client.end();
    }
  }

  /** @throws `database-not-migrated` naming the command when a migration is pending. */
  async assertMigrated(): Promise<void> {
    const pending = (await this.status()).filter(({ applied }) => !applied).map(({ name }) => name);
    if (pending.length === 0) return;
    throw new HarvestError({
      code: 'database-not-migrated',
      message: `the database lacks ${pending.length} migration(s) (${pending.join(', ')}): run \`harvest db migrate\``,
      context: { pending },
    });
  }

  private names(): readonly string[] {
    return this.options.migrations.map((migration) => new migration().name ?? migration.name);
  }

  /** The lock lives in a session of its own, so that it ends with this process whatever happens. */
  private async exclusively<T>(doing: string, work: (source: DataSource) => Promise<T>): Promise<T> {
    const client = await this.connect(doing);
    try {
      await withDeadline(client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]), this.options.waitMs ?? 60_000, doing);
      await client.query('CREATE SCHEMA IF NOT EXISTS harvest');
      return await this.withSource(work);
    } catch (error) {
      throw classifyError(error, doing);
    } finally {
      await client.end();
    }
  }

  private async withSource<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
    // Loaded when something is migrated: 1,000 files that a process which only asks what is applied need not keep in memory.
    const typeorm = await import('typeorm');
    const source = new typeorm.DataSource({
      type: 'postgres',
      url: this.options.databaseUrl,
      schema: 'harvest',
      migrations: [...this.options.migrations],
      migrationsTableName: 'migration',
      logging: false,
      connectTimeoutMS: 10_000,
    });
    await source.initialize();
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  }

  private async connect(doing: string): Promise<Client> {
    const client = new Client({ connectionString: this.options.databaseUrl, connectionTimeoutMillis: 10_000 });
    // Queries in flight are rejected besides; a connection that breaks while idle shows at its next query.
    client.on('error', (error) => this.options.logger.warn({ error: error.message }, 'the migrator’s connection broke'));
    try {
      await client.connect();
      return client;
    } catch (error) {
      throw classifyError(error, doing);
    }
  }
}

async function appliedNames(source: DataSource): Promise<readonly string[]> {
  const rows: { name: string }[] = await source.query('SELECT name FROM harvest.migration ORDER BY id');
  return rows.map(({ name }) => name);
}

async function namesOf(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ there: boolean }>(`SELECT to_regclass('harvest.migration') IS NOT NULL AS there`);
  if (rows[0]?.there !== true) return [];
  return (await client.query<{ name: string }>('SELECT name FROM harvest.migration')).rows.map(({ name }) => name);
}
