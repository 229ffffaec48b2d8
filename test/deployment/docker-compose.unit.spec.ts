import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderEnvExample } from '@harvest/config';
import { parse } from 'yaml';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly command?: readonly string[];
  readonly healthcheck?: object;
}
const text = readFileSync(join(__dirname, '..', '..', 'docker-compose.yml'), 'utf8');
const { services } = parse(text) as { readonly services: Readonly<Record<string, Service>> };

/** The variables that .env.example shows with an example, uncommented. */
const example = Object.fromEntries(
  [...renderEnvExample().matchAll(/^#?([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
) as Record<string, string>;

/** `127.0.0.1:${KAFKA_PORT:-9092}:9092` → 9092 */
const publishedPort = (service: string) => /:-(\d+)\}:/.exec(services[service]?.ports[0] ?? '')?.[1];

describe('docker-compose.yml', () => {
  it('publishes what .env.example points at, so that copying it is enough', () => {
    const postgres = services.postgres?.environment ?? {};
    const { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: database } = postgres;
    expect(example.DATABASE_URL).toBe(`postgresql://${user}:${password}@127.0.0.1:${publishedPort('postgres')}/${database}`);
    expect(example.REDIS_URL).toBe(`redis://127.0.0.1:${publishedPort('redis')}`);
    expect(example.KAFKA_BROKERS).toBe(`127.0.0.1:${publishedPort('kafka')}`);
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
