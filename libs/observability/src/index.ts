export * from './create-logger';
export * from './health-registry';
export * from './health.module';
export * from './logger';
export * from './metrics';
export * from './nest-logger';
export * from './operator/operator-listener';
export type { CacheOperations, PoolOperations, PoolStats } from './operator/operator.port';
export * from './process-metrics';
