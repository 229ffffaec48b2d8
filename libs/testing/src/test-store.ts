import { createMetrics, silentLogger } from '@harvest/observability';
import { createStore, type Store, type StoreOptions } from '@harvest/store';
import type { Generation } from '@harvest/read-models';
import { MIGRATIONS } from '../../../migrations';
import { createTestDatabase, uniqueTopicPrefix, type TestDatabase } from './services';

export interface TestStore {
  readonly store: Store;
  readonly database: TestDatabase;
  readonly topicPrefix: string;
  /** The first generation, active. */
  readonly generation: Generation;
  /** Another process's store on the same database; closed with this one. */
  another(options?: Partial<StoreOptions>): Store;
  close(): Promise<void>;
}

/** A migrated database of its own with its first generation, and a store on it. */
export async function createTestStore(options: Partial<StoreOptions> = {}): Promise<TestStore> {
  const database = await createTestDatabase();
  const topicPrefix = options.topicPrefix ?? uniqueTopicPrefix();
  const base = { databaseUrl: database.url, topicPrefix, migrations: MIGRATIONS, logger: silentLogger };
  const open = (more: Partial<StoreOptions> = {}) => createStore({ ...base, metrics: createMetrics(), ...more });
  const stores = [open(options)];
  await stores[0]!.migrator.migrate();
  const generation = await stores[0]!.generations.ensureFirst([]);
  return {
    store: stores[0]!,
    database,
    topicPrefix,
    generation,
    another: (more) => {
      const store = open({ ...options, ...more });
      stores.push(store);
      return store;
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await database.drop();
    },
  };
}
