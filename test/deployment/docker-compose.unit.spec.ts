import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadServiceConfig, renderEnvExample } from '@harvest/config';
import { parse } from 'yaml';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly command?: readonly string[];
  readonly healthcheck?: object;
}
const text = readFileSync(join(__dirname, '..', '..', 'docker-compose.yml'), 'utf8');
const { services } = parse(text) as { readonly services: Readonly<Record<string, Service>> };

/** Every variable of .env.example; those without a default with their example. */
const example = Object.fromEntries(
  [...renderEnvExample().matchAll(/^#?([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
) as Record<string, string>;

/** The README's commands for these services. */
const page = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');
const readme = /## With Kafka, Postgres and Redis\n\n```sh\n([^`]+)```/.exec(page)?.[1] ?? '';
/** `NAME=value` in the lines of the README that are so. */
function assignedIn(pattern: RegExp): Record<string, string> {
  const lines = readme.split('\n').filter((line) => pattern.test(line));
  return Object.fromEntries(lines.flatMap((line) => [...line.matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value])));
}
const exported = assignedIn(/^export /);
/** What the process is told that the README starts. */
const configurationOf = (name: string) => loadServiceConfig({ ...exported, ...assignedIn(new RegExp(`npm run start:${name} &$`)) });

/** `127.0.0.1:${KAFKA_PORT:-9092}:9092` → 9092 */
const publishedPort = (service: string) => /:-(\d+)\}:/.exec(services[service]?.ports[0] ?? '')?.[1];

const postgres = services.postgres?.environment ?? {};
const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database } = postgres;
/** What a process must be told to find the services. */
const published = {
  DATABASE_URL: `postgresql://${user}:${password}@127.0.0.1:${publishedPort('postgres')}/${database}`,
  REDIS_URL: `redis://127.0.0.1:${publishedPort('redis')}`,
  KAFKA_BROKERS: `127.0.0.1:${publishedPort('kafka')}`,
};

describe('docker-compose.yml', () => {
  it('publishes what the README exports, and nothing else needs to be told', () => {
    expect(exported).toEqual(published);
  });

  it('publishes what .env.example has as examples', () => {
    expect(example).toMatchObject(published);
  });

  it('names only variables that the configuration knows', () => {
    const named = [...text.matchAll(/\b(DATABASE_URL|REDIS_URL|KAFKA_BROKERS|TOPIC_[A-Z_]+|HARVEST_[A-Z_]+)\b/g)].map(([name]) => name);
    expect(named).toContain('DATABASE_URL');
    for (const name of named) expect(Object.keys(example)).toContain(name);
  });

  it('has a health check for every service, or `up --wait` would not wait', () => {
    for (const [name, service] of Object.entries(services)) expect([name, service.healthcheck]).not.toEqual([name, undefined]);
  });

  it('publishes ports on loopback only: the credentials are a developer’s', () => {
    for (const { ports } of Object.values(services)) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('runs Postgres with what the statistics and the write load need', () => {
    const settings = services.postgres?.command ?? [];
    expect(settings).toEqual(expect.arrayContaining(['-cshared_preload_libraries=pg_stat_statements', '-cmax_wal_size=4GB']));
  });
});

describe('the processes as the README starts them', () => {
  it.each(['projector', 'api'])('%s: is there, and knows its services', (name) => {
    expect(readme).toMatch(new RegExp(`npm run start:${name} &$`, 'm'));
    expect(configurationOf(name)).toMatchObject({ databaseUrl: published.DATABASE_URL, redisUrl: published.REDIS_URL });
  });

  it('do not want the same port', () => {
    const [projector, api] = [configurationOf('projector'), configurationOf('api')];
    expect(new Set([projector.operator.port, api.operator.port, api.http.port]).size).toBe(3);
  });
});
