import type { Config, RawEnvironment } from '@harvest/config';
import type { EventLog } from '@harvest/contracts';
import { HarvestError, withDeadline } from '@harvest/kernel';
import type { IngestionHistory } from '@harvest/operations';
import type { Store } from '@harvest/store';
import type { ServiceAddresses } from './service-addresses';
import type { Services } from './services';

const CLOSE_TIMEOUT_MS = 3000;

/** Opens nothing yet, and imports nothing yet: `--help` pays for no client. `environment`: that of the process unless given. */
export function openServices(environment?: RawEnvironment): Services {
  return new LazyServices(environment);
}

class LazyServices implements Services {
  private readonly closers: (() => Promise<void>)[] = [];
  private opened: { config?: Promise<Config>; addresses?: Promise<ServiceAddresses>; store?: Promise<Store>; log?: Promise<EventLog> } = {};

  constructor(private readonly environment: RawEnvironment | undefined) {}

  config(): Promise<Config> {
    return (this.opened.config ??= import('@harvest/config').then(({ loadConfig }) => loadConfig(this.environment)));
  }

  store(): Promise<Store> {
    return (this.opened.store ??= this.openStore());
  }

  log(): Promise<EventLog> {
    return (this.opened.log ??= this.openLog());
  }

  async history(): Promise<IngestionHistory> {
    const { noHistory } = await import('@harvest/operations');
    const { databaseUrl } = await this.addresses();
    if (databaseUrl === null) return noHistory;
    const [{ createIngestionHistory }, { createQueries }] = await Promise.all([import('@harvest/operations'), import('@harvest/queries')]);
    // Nothing of this process signs or reads a cursor.
    const options = { cursorSecret: 'not used by the command line', topicPrefix: await this.topicPrefix() };
    return createIngestionHistory(createQueries((await this.store()).reader, options));
  }

  async operators() {
    const { OperatorsClient } = await import('@harvest/operations');
    return new OperatorsClient((await this.addresses()).operatorUrl);
  }

  async topicPrefix(): Promise<string> {
    return (await this.addresses()).topicPrefix;
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) {
      await withDeadline(close(), CLOSE_TIMEOUT_MS, 'closing a service').catch(() => undefined);
    }
  }

  private addresses(): Promise<ServiceAddresses> {
    return (this.opened.addresses ??= Promise.all([this.config(), import('./service-addresses')]).then(([config, { findAddresses }]) =>
      findAddresses(config),
    ));
  }

  private async openStore(): Promise<Store> {
    const { databaseUrl, topicPrefix } = await this.addresses();
    if (databaseUrl === null)
      throw new HarvestError({ code: 'database-missing', message: 'this needs the database, and DATABASE_URL is not set' });
    const [{ createStore }, { createMetrics, silentLogger }, { MIGRATIONS }] = await Promise.all([
      import('@harvest/store'),
      import('@harvest/observability'),
      import('../../../../migrations'),
    ]);
    const store = createStore({ databaseUrl, topicPrefix, migrations: MIGRATIONS, logger: silentLogger, metrics: createMetrics() });
    this.closers.push(() => store.close());
    return store;
  }

  private async openLog(): Promise<EventLog> {
    const { log: address } = await this.addresses();
    if (address === null)
      throw new HarvestError({ code: 'log-missing', message: 'this needs the event log, and KAFKA_BROKERS is not set' });
    const { createEmbeddedLog, createKafkaLog } = await import('@harvest/ingest');
    const { silentLogger } = await import('@harvest/observability');
    const log =
      address.kind === 'kafka'
        ? createKafkaLog({ brokers: address.brokers, clientId: 'harvest-cli', logger: silentLogger })
        : createEmbeddedLog({ store: (await this.store()).embeddedLog, logger: silentLogger, pollMs: 100 });
    this.closers.push(() => log.close());
    return log;
  }
}
