import type { EventLog } from '@harvest/contracts';
import type { Config } from '@harvest/config';
import type { IngestionHistory, OperatorsClient } from '@harvest/operations';
import type { Store } from '@harvest/store';

/** What commands work on; each is opened when it is first asked for, and at most once. */
export interface Services {
  /** @throws `config-invalid`. */
  config(): Promise<Config>;
  /** @throws `no-services`, `database-missing`. */
  store(): Promise<Store>;
  /** @throws `no-services`, `log-missing`. */
  log(): Promise<EventLog>;
  /** Knows no ingestion when there is a log but no database. */
  history(): Promise<IngestionHistory>;
  /** The operators' listener of the instance, or the configured one. */
  operators(): Promise<OperatorsClient>;
  topicPrefix(): Promise<string>;
  /** Idempotent; ends within seconds. */
  close(): Promise<void>;
}
