import { resolve } from 'node:path';
import type { Config } from '@harvest/config';
import { HarvestError } from '@harvest/kernel';
import { findInstance } from '@harvest/operations';

export type LogAddress = { readonly kind: 'kafka'; readonly brokers: readonly string[] } | { readonly kind: 'embedded' } | null;

export interface ServiceAddresses {
  readonly databaseUrl: string | null;
  readonly log: LogAddress;
  readonly operatorUrl: string;
  readonly topicPrefix: string;
}

/** Services that the environment names come first; else the standalone process that runs on the data directory. @throws `no-services`. */
export function findAddresses(config: Config): ServiceAddresses {
  const { databaseUrl, kafkaBrokers } = config;
  if (databaseUrl !== null || kafkaBrokers !== null) return namedAddresses(config);
  const instance = findInstance(config.dataDir);
  if (instance === null) throw noServices(config.dataDir);
  return {
    databaseUrl: instance.databaseUrl,
    log: { kind: 'embedded' },
    operatorUrl: instance.operatorUrl ?? operatorUrlOf(config),
    topicPrefix: instance.topicPrefix,
  };
}

function namedAddresses(config: Config): ServiceAddresses {
  return {
    databaseUrl: config.databaseUrl,
    log: config.kafkaBrokers === null ? null : { kind: 'kafka', brokers: config.kafkaBrokers },
    operatorUrl: operatorUrlOf(config),
    topicPrefix: config.topics.prefix,
  };
}

function operatorUrlOf({ operator }: Config): string {
  const host = operator.host === '0.0.0.0' || operator.host === '::' ? '127.0.0.1' : operator.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${operator.port}`;
}

function noServices(dataDir: string): HarvestError {
  return new HarvestError({
    code: 'no-services',
    message: `neither DATABASE_URL nor KAFKA_BROKERS is set, and no standalone process runs on ${resolve(dataDir)} (HARVEST_DATA_DIR)`,
  });
}
