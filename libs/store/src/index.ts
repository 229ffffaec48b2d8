export { createStore, type Store, type StoreOptions } from './store';
export type { PoolSettings, PoolStats } from './connection/pools';
export type { MigrationClass, MigrationStatus, Migrator } from './migrator';
