import type { EmbeddedLogStore } from '@harvest/contracts';
import type { HarvestMetrics, Logger, QueryListener } from '@harvest/observability';
import type {
  ChangeFeed,
  CorrectionStore,
  CounterStore,
  DeadLetterStore,
  FaultPoints,
  IngestionBarrier,
  ProjectionStore,
  SqlReader,
  StalenessStore,
  VerificationStore,
} from '@harvest/read-models';
import { classifyError } from './connection/classify-error';
import { Pools, type PoolSettings, type PoolStats } from './connection/pools';
import type { StatementListener, TransactionTimeouts } from './connection/write-transaction';
import { PostgresCorrectionStore } from './dead-letters/postgres-correction-store';
import { PostgresDeadLetterStore } from './dead-letters/postgres-dead-letter-store';
import { NoticeListener } from './freshness/notice-listener';
import { NOTICE_CHANNEL } from './freshness/notices';
import { PostgresChangeFeed } from './freshness/postgres-change-feed';
import { PostgresCounterStore } from './freshness/postgres-counter-store';
import { PostgresIngestionBarrier } from './freshness/postgres-ingestion-barrier';
import { PostgresStalenessStore } from './freshness/postgres-staleness-store';
import { PostgresGenerationStore } from './generations/postgres-generation-store';
import { LOG_CHANNEL } from './log/log.table';
import { PostgresEmbeddedLogStore } from './log/postgres-embedded-log-store';
import { Migrator, type MigrationClass } from './migrator';
import { PostgresProjectionStore } from './projection/postgres-projection-store';
import { PostgresSqlReader } from './reading/postgres-sql-reader';
import { PostgresVerificationStore } from './verification/postgres-verification-store';

export interface StoreOptions {
  readonly databaseUrl: string;
  /** `signals.`: turns topic families into topics. */
  readonly topicPrefix: string;
  readonly migrations: readonly MigrationClass[];
  readonly pool?: PoolSettings;
  /** Of transactions that write: statement (default 15,000), lock (5,000), idle in transaction (5,000). */
  readonly timeouts?: Partial<TransactionTimeouts>;
  /** The longest a reader's query may take (default 10,000). */
  readonly readTimeoutMs?: number;
  /** How long a lost COMMIT acknowledgement is looked into (default 30,000). */
  readonly resolveMs?: number;
  /** How long a manifest may promise offsets that the log does not hold (default 10,000). */
  readonly barrierGraceMs?: number;
  readonly faults?: FaultPoints;
  /** Hears every statement of `apply` with its parameters, which are views to be copied at once. */
  readonly onStatement?: StatementListener;
  /** Hears of every named read of `reader` that has ended; streams are not told: their time is their consumer's. */
  readonly onQuery?: QueryListener;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
}

/** All ports that Postgres implements. */
export interface Store {
  readonly migrator: Migrator;
  readonly projections: ProjectionStore;
  readonly generations: PostgresGenerationStore;
  readonly deadLetters: DeadLetterStore;
  readonly corrections: CorrectionStore;
  readonly verification: VerificationStore;
  readonly counters: CounterStore;
  readonly changes: ChangeFeed;
  readonly barrier: IngestionBarrier;
  readonly staleness: StalenessStore;
  readonly reader: SqlReader;
  readonly embeddedLog: EmbeddedLogStore;
  /** Asks Postgres for an answer; rejects with `store-unreachable` within `timeoutMs`. Returns how long it took, in ms. */
  ping(timeoutMs?: number): Promise<number>;
  /** Opens the connections kept for readers ahead of the first burst. Rejects with `store-unreachable`; what is open stays. Idempotent. */
  openReaders(): Promise<void>;
  poolStats(): PoolStats;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

const TIMEOUTS: TransactionTimeouts = { statementMs: 15_000, lockMs: 5_000, idleMs: 5_000 };

/** Opens nothing yet: connections are made when they are needed. */
export function createStore(options: StoreOptions): Store {
  const { databaseUrl, topicPrefix, logger, metrics } = options;
  const pools = new Pools({ databaseUrl, settings: options.pool ?? {}, logger, metrics });
  const transactions = { pools, timeouts: { ...TIMEOUTS, ...options.timeouts } };
  const listener = new NoticeListener({ connect: () => pools.listener(), channels: [NOTICE_CHANNEL, LOG_CHANNEL], logger });
  let closing: Promise<unknown> | undefined;
  return {
    migrator: new Migrator({ databaseUrl, migrations: options.migrations, logger }),
    projections: new PostgresProjectionStore({
      ...transactions,
      logger,
      metrics,
      resolveMs: options.resolveMs ?? 30_000,
      ...(options.faults && { faults: options.faults }),
      ...(options.onStatement && { onStatement: options.onStatement }),
    }),
    generations: new PostgresGenerationStore(transactions),
    deadLetters: new PostgresDeadLetterStore(transactions),
    corrections: new PostgresCorrectionStore(transactions),
    verification: new PostgresVerificationStore(pools),
    counters: new PostgresCounterStore(transactions, topicPrefix),
    changes: new PostgresChangeFeed(listener),
    barrier: new PostgresIngestionBarrier({ ...transactions, graceMs: options.barrierGraceMs ?? 10_000 }),
    staleness: new PostgresStalenessStore(transactions),
    reader: new PostgresSqlReader({
      ...{ pools, metrics, topicPrefix, timeoutMs: options.readTimeoutMs ?? 10_000 },
      ...(options.onQuery && { onQuery: options.onQuery }),
    }),
    embeddedLog: new PostgresEmbeddedLogStore(transactions, listener),
    ping: (timeoutMs = 2_000) => ping(pools, timeoutMs),
    openReaders: () => pools.openReaders(),
    poolStats: () => pools.stats(),
    close: async () => {
      await (closing ??= Promise.all([listener.close(), pools.close()]));
    },
  };
}

async function ping(pools: Pools, timeoutMs: number): Promise<number> {
  const started = performance.now();
  await pools.read('pinging Postgres', async (client) => {
    const query = { text: 'SELECT 1', query_timeout: timeoutMs };
    await client.query(query).catch((error: unknown) => {
      throw classifyError(error, 'pinging Postgres');
    });
  });
  return performance.now() - started;
}
