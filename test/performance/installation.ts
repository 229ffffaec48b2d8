import { randomBytes } from 'node:crypto';
import { connectClient } from './connect-client';
import { eventTopics, topicName, type EventLog } from '@harvest/contracts';
import { createKafkaLog } from '@harvest/ingest';
import { createMetrics, silentLogger } from '@harvest/observability';
import { createStore, type Store, type StoreOptions } from '@harvest/store';
import { MIGRATIONS } from '../../migrations';

export const PARTITIONS = 2;

export interface Addresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly brokers: string;
}

/** A migrated database of its own; `topicPrefix` is what its checkpoints' topics begin with. */
export interface Installation {
  readonly databaseUrl: string;
  readonly topicPrefix: string;
  readonly store: Store;
  close(): Promise<void>;
}

export async function openInstallation(
  server: string,
  topicPrefix: string,
  onStatement?: NonNullable<StoreOptions['onStatement']>,
): Promise<Installation> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const databaseUrl = url.toString();
  const shared = { databaseUrl, topicPrefix, migrations: MIGRATIONS, logger: silentLogger, metrics: createMetrics() };
  const store = createStore({
    ...shared,
    pool: { readers: 2, readersOverflow: 0, applicationName: 'bench' },
    ...(onStatement && { onStatement }),
  });
  await store.migrator.migrate();
  return {
    databaseUrl,
    topicPrefix,
    store,
    close: async () => {
      await store.close();
      await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** As autovacuum leaves them a minute after: without statistics, and while it reads what has just been written, a list may take 0.5 s. */
export async function settleTables({ databaseUrl }: Installation): Promise<void> {
  await onServer(databaseUrl, 'VACUUM (ANALYZE)');
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = await connectClient({ connectionString: url });
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export async function openLog(brokers: string, topicPrefix: string): Promise<EventLog> {
  const log = createKafkaLog({ brokers: brokers.split(','), clientId: 'bench', logger: silentLogger });
  const topics = [...eventTopics(topicPrefix), topicName(topicPrefix, 'dead-letters')];
  await log.createTopics(topics.map((topic) => ({ topic, partitions: PARTITIONS, retentionMs: -1 })));
  return log;
}
