import type { FaultSetting } from '@harvest/kernel';
import type { Environment } from './environment';
import type { OnPoison, TrustProxy } from './rules';

/** The environment as the apps see it. Rooms take options of their own, never this. */
export interface Config {
  readonly environment: 'production' | 'development' | 'test';
  readonly databaseUrl: string | null;
  /** Null: no second cache tier. */
  readonly redisUrl: string | null;
  readonly kafkaBrokers: readonly string[] | null;
  readonly topics: { readonly prefix: string; readonly partitions: number };
  readonly http: { readonly host: string; readonly port: number; readonly trustProxy: TrustProxy };
  readonly operator: { readonly host: string; readonly port: number };
  readonly database: {
    readonly poolSize: number;
    readonly poolOverflow: number;
    readonly activeReads: number;
    readonly poolWaitMs: number;
    readonly writePoolSize: number;
    readonly statementTimeoutMs: number;
  };
  /** Reads at least as slow as the threshold are written down (0: none), into the file or (null) in memory only. */
  readonly slowQueries: { readonly thresholdMs: number; readonly path: string | null };
  readonly cache: {
    readonly l1Bytes: number;
    readonly ttlMs: number;
    readonly maxStaleMs: number;
    readonly maxRefills: number;
    readonly redisTimeoutMs: number;
  };
  readonly projector: { readonly sessionTimeoutMs: number; readonly onPoison: OnPoison; readonly parkedKeyLimit: number };
  /** Null: derive it from the installation id. */
  readonly cursorSecret: string | null;
  readonly dataDir: string;
  readonly log: { readonly level: Environment['HARVEST_LOG_LEVEL']; readonly pretty: boolean | 'auto' };
  /** Empty unless `environment` is `test`. */
  readonly faults: readonly FaultSetting[];
}

/** What the separate processes run on: both services are named. */
export interface ServiceConfig extends Config {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
}

export function toConfig(variables: Environment): Config {
  return {
    environment: variables.NODE_ENV,
    databaseUrl: variables.DATABASE_URL,
    redisUrl: variables.REDIS_URL,
    kafkaBrokers: variables.KAFKA_BROKERS,
    topics: { prefix: variables.TOPIC_PREFIX, partitions: variables.TOPIC_PARTITIONS },
    http: { host: variables.HARVEST_HTTP_HOST, port: variables.HARVEST_HTTP_PORT, trustProxy: variables.HARVEST_TRUST_PROXY },
    operator: { host: variables.HARVEST_OPERATOR_HOST, port: variables.HARVEST_OPERATOR_PORT },
    database: {
      poolSize: variables.HARVEST_DB_POOL_SIZE,
      poolOverflow: variables.HARVEST_DB_POOL_OVERFLOW,
      activeReads: variables.HARVEST_DB_ACTIVE_READS,
      poolWaitMs: variables.HARVEST_DB_POOL_WAIT_MS,
      writePoolSize: variables.HARVEST_WRITE_POOL_SIZE,
      statementTimeoutMs: variables.HARVEST_STATEMENT_TIMEOUT_MS,
    },
    slowQueries: { thresholdMs: variables.HARVEST_SLOW_QUERY_MS, path: variables.HARVEST_SLOW_QUERY_LOG },
    cache: {
      l1Bytes: variables.HARVEST_CACHE_L1_BYTES,
      ttlMs: variables.HARVEST_CACHE_TTL_MS,
      maxStaleMs: variables.HARVEST_MAX_STALE_MS,
      maxRefills: variables.HARVEST_MAX_REFILLS,
      redisTimeoutMs: variables.HARVEST_REDIS_TIMEOUT_MS,
    },
    projector: {
      sessionTimeoutMs: variables.HARVEST_SESSION_TIMEOUT_MS,
      onPoison: variables.HARVEST_ON_POISON,
      parkedKeyLimit: variables.HARVEST_PARKED_KEY_LIMIT,
    },
    cursorSecret: variables.HARVEST_CURSOR_SECRET,
    dataDir: variables.HARVEST_DATA_DIR,
    log: { level: variables.HARVEST_LOG_LEVEL, pretty: asPretty(variables.HARVEST_LOG_PRETTY) },
    faults: variables.HARVEST_FAULTS ?? [],
  };
}

function asPretty(value: Environment['HARVEST_LOG_PRETTY']): boolean | 'auto' {
  return value === 'auto' ? 'auto' : value === 'true';
}
