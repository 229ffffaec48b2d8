import { createMetrics, silentLogger } from '@harvest/observability';
import { createStore, type Store } from '@harvest/store';
import { createTestDatabase, type TestDatabase } from '@harvest/testing';
import { Client } from 'pg';
import { MIGRATIONS } from '../../../migrations';

let database: TestDatabase;
const stores: Store[] = [];
const open = (databaseUrl = database.url): Store => {
  const store = createStore({ databaseUrl, topicPrefix: 't.', migrations: MIGRATIONS, logger: silentLogger, metrics: createMetrics() });
  stores.push(store);
  return store;
};
beforeEach(async () => void (database = await createTestDatabase()));
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await database.drop();
});

describe('migrations', () => {
  it('run once, however many processes start together', async () => {
    const ran = await Promise.all([open(), open(), open()].map((store) => store.migrator.migrate()));
    expect(ran.flat()).toHaveLength(MIGRATIONS.length);
    expect((await open().migrator.status()).every(({ applied }) => applied)).toBe(true);
    expect(await open().migrator.migrate()).toEqual([]);
    await expect(open().migrator.assertMigrated()).resolves.toBeUndefined();
  });

  it('go back to nothing, read tables included, and come again', async () => {
    const store = open();
    await store.migrator.migrate();
    await store.generations.ensureFirst([]);
    expect(await store.migrator.rollback()).toBe(MIGRATIONS.at(-1)!.name);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      `SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname ~ '^(harvest|read_)'`,
    );
    await client.end();
    expect(rows).toEqual([{ name: 'harvest.migration' }]);
    expect(await store.migrator.rollback()).toBeNull();
    expect(await store.migrator.migrate()).toHaveLength(MIGRATIONS.length);
  });

  it('say what is pending without writing anything', async () => {
    expect((await open().migrator.status()).map(({ applied }) => applied)).toEqual(MIGRATIONS.map(() => false));
  });

  it('every constraint and index is named by hand', async () => {
    const store = open();
    await store.migrator.migrate();
    await store.generations.ensureFirst([]);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } =
      await client.query(`SELECT conname AS name FROM pg_constraint WHERE connamespace::regnamespace::text ~ '^(harvest|read_1)$'
      AND contype <> 'n' AND conrelid <> 'harvest.migration'::regclass`);
    await client.end();
    for (const { name } of rows as { name: string }[]) expect(name).toMatch(/(_pkey|_key|_fkey|_known|_one_row)$/);
  });
});

describe('a database that cannot be reached', () => {
  it('is a coded error within the deadline', async () => {
    const store = open('postgres://nobody@127.0.0.1:1/none');
    for (const call of [() => store.ping(), () => store.counters.read(), () => store.migrator.status(), () => store.generations.list()]) {
      await expect(call()).rejects.toMatchObject({ code: 'store-unreachable' });
    }
  });

  it('answers a ping with how long it took when it can', async () => {
    expect(await open().ping()).toBeLessThan(2_000);
  });
});
