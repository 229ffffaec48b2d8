import { Script } from 'node:vm';
import { loadConfig, loadServiceConfig, renderEnvExample } from '@harvest/config';
import { ROUTES } from '@harvest/contracts';
import { parse } from 'yaml';
import { imageEnvironment, isVariable, oldSpaceMiB, packageFile, readText, shutdownLimitMs } from './deployment-files';

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly string[];
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
  readonly deploy?: { readonly resources: { readonly limits: { readonly memory: string } } };
  readonly stop_grace_period?: string;
}
const text = readText('docker-compose.yml');
const { services } = parse(text, { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
const entries = Object.entries(services);
const conditionsOf = ({ depends_on: needs = {} }: Service) => Object.entries(needs).map(([name, { condition }]) => `${name} ${condition}`);
/** Run to their end before others start. */
const oneShots = entries.filter(([name]) =>
  entries.some(([, service]) => conditionsOf(service).includes(`${name} service_completed_successfully`)),
);
const lasting = entries.filter((entry) => !oneShots.includes(entry));
const ofTheProduct = entries.filter(([, { image }]) => image.startsWith('signal-harvester:'));

/** Every variable of .env.example; those without a default with their example. */
const example = Object.fromEntries(
  [...renderEnvExample().matchAll(/^#?([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
) as Record<string, string>;

/** The README's commands for these services. */
const readme = /## With Kafka, Postgres and Redis\n\n```sh\n([^`]+)```/.exec(readText('README.md'))?.[1] ?? '';
/** `NAME=value` in the lines of the README that are so. */
function assignedIn(pattern: RegExp): Record<string, string> {
  const lines = readme.split('\n').filter((line) => pattern.test(line));
  return Object.fromEntries(lines.flatMap((line) => [...line.matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value])));
}
const exported = assignedIn(/^export /);
/** What the process is told that the README starts. */
const configurationOf = (name: string) => loadServiceConfig({ ...exported, ...assignedIn(new RegExp(`npm run start:${name} &$`)) });

/** `127.0.0.1:${KAFKA_PORT:-9092}:9092` → [9092, 9092]: outside, inside */
const portsOf = (name: string) => (services[name]?.ports ?? []).map((port) => /:-(\d+)\}:(\d+)$/.exec(port)?.slice(1).map(Number) ?? []);
const publishedPort = (name: string) => portsOf(name)[0]?.[0];

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

  it('has a health check for every service that stays, or `up --wait` would not wait', () => {
    expect(lasting.map(([name]) => name)).toEqual(['api', 'kafka', 'postgres', 'projector', 'redis']);
    for (const [name, service] of lasting) expect([name, service.healthcheck]).not.toEqual([name, undefined]);
  });

  it('publishes ports on loopback only: the credentials are a developer’s', () => {
    const ports = entries.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(5);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('pins every image; the product’s is of this version', () => {
    for (const [, { image }] of entries) expect(image).toMatch(/:\d+\.\d+(\.\d+)?$/);
    for (const [, { image }] of ofTheProduct) expect(image).toBe(`signal-harvester:${packageFile.version}`);
  });

  it('runs Postgres with what the tests run it with', () => {
    const asOptions = (services.postgres?.command ?? []).filter((word) => word.startsWith('-c')).map((word) => word.slice(2).split('=', 2));
    const { wal_compression: compression, ...recommended } = Object.fromEntries(asOptions) as Record<string, string>;
    const [, source = ''] = /const SETTINGS = \{\n([^}]+)\};/.exec(readText('test/services/postgres.mjs')) ?? [];
    const tested = [...source.matchAll(/^ +(\w+): (.+),$/gm)].map(([, name, value = '']) => [name, value.replace(/["']+/g, '')]);
    // Of the test's own: where it listens, and how it logs.
    const own = /^(listen_addresses|unix_socket_directories|logging_collector|log_line_prefix)$/;
    expect(recommended).toEqual(Object.fromEntries(tested.filter(([name = '']) => !own.test(name))));
    expect(compression).toBe('lz4');
    expect(readText('docs/operations.md')).toContain('`max_wal_size=4GB` `checkpoint_timeout=15min` `wal_compression=lz4`');
  });
});

describe('the product in docker-compose.yml', () => {
  it('is what the image can be told to be, and comes only when asked for', () => {
    const commands = ofTheProduct.map(([name, { command }]) => [name, command?.join(' ')]);
    const expected = { api: 'api', migrate: 'db migrate', projector: 'projector', topics: 'topics create' };
    expect(Object.fromEntries(commands)).toEqual(expected);
    for (const [name, service] of entries) expect([name, service.profiles]).toEqual([name, name in expected ? ['app'] : undefined]);
  });

  it.each(ofTheProduct)('%s: is told only what the configuration knows, and finds the services', (_name, { environment = {} }) => {
    for (const name of Object.keys(environment)) expect([name, isVariable(name)]).toEqual([name, true]);
    const { databaseUrl, redisUrl, kafkaBrokers } = loadServiceConfig({ ...imageEnvironment, ...environment });
    expect(databaseUrl).toBe(`postgresql://${user}:${password}@postgres:5432/${database}`);
    expect(redisUrl).toBe('redis://redis:6379');
    expect(`INTERNAL://${kafkaBrokers.join(',')}`).toBe(services.kafka?.environment?.KAFKA_ADVERTISED_LISTENERS?.split(',')[1]);
  });

  it('starts in order, and what runs once is not started again', () => {
    const after = (name: string) => conditionsOf(services[name]!);
    expect(after('migrate')).toEqual(['postgres service_healthy']);
    expect(after('topics')).toEqual(['kafka service_healthy']);
    expect(after('api')).toEqual(['migrate service_completed_successfully']);
    expect(after('projector')).toEqual(['migrate service_completed_successfully', 'topics service_completed_successfully']);
    expect(oneShots.map(([name, { restart }]) => [name, restart])).toEqual([
      ['migrate', 'no'],
      ['topics', 'no'],
    ]);
  });

  it.each(['api', 'projector'])('%s: answers on the ports of the README, and is asked whether it is ready', (name) => {
    const { environment, healthcheck } = services[name]!;
    const { http, operator } = loadConfig({ ...imageEnvironment, ...environment });
    const [outside, asked] = [configurationOf(name), healthcheck?.test.at(-1)];
    const ports = [[outside.operator.port, operator.port], ...(name === 'api' ? [[outside.http.port, http.port]] : [])];
    expect(portsOf(name)).toEqual(ports);
    expect(asked).toContain(`http://127.0.0.1:${operator.port}${ROUTES.getReadiness.path}'`);
    expect(() => new Script(asked ?? '')).not.toThrow();
  });

  it.each(['api', 'projector'])('%s: is given longer to leave than it takes, and memory for its heap', (name) => {
    const { stop_grace_period: grace = '', deploy } = services[name]!;
    expect(Number(/^(\d+)s$/.exec(grace)?.[1]) * 1000).toBeGreaterThan(shutdownLimitMs(name));
    expect(Number(/^(\d+)M$/.exec(deploy?.resources.limits.memory ?? '')?.[1])).toBeGreaterThanOrEqual(1.5 * oldSpaceMiB(name));
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
