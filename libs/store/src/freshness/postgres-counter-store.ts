import { CACHE_SCOPES, type CacheScope, type CounterStore, type FreshnessState } from '@harvest/read-models';
import { askAlone, askRead, transact, type TransactionOptions } from '../connection/transact';
import { noActiveGeneration } from '../generations/postgres-generation-store';
import { MOVE_STALE, READ_COUNTERS, arrayLiteral, sendMoveCounters } from './counters';
import { topicsOfScope } from './scopes';

/** Rejects with `generation-missing` (retriable) before the first generation exists. */
export class PostgresCounterStore implements CounterStore {
  constructor(
    private readonly options: TransactionOptions,
    private readonly topicPrefix: string,
  ) {}

  async read(): Promise<FreshnessState> {
    const rows = (await askRead(this.options, READ_COUNTERS)).rows as [number, string, CacheScope, string][];
    const first = rows[0];
    if (first === undefined) throw noActiveGeneration();
    return { generation: first[0], counters: rows.map(([, epoch, scope, value]) => ({ scope, epoch, value: BigInt(value) })) };
  }

  async moveStale(maxStaleMs: Readonly<Record<CacheScope, number>>): Promise<FreshnessState> {
    for (const scope of CACHE_SCOPES) {
      const topics = arrayLiteral(topicsOfScope(this.topicPrefix, scope));
      await askAlone(this.options, MOVE_STALE, [scope, topics, maxStaleMs[scope]]);
    }
    return this.read();
  }

  async move(scopes: readonly CacheScope[]): Promise<FreshnessState> {
    await transact(this.options, 'moving cache counters', async (transaction) => {
      await sendMoveCounters(transaction, scopes);
    });
    return this.read();
  }
}
