import { z } from 'zod';
import { brokers, faults, integer, matching, onPoison, oneOf, text, trustProxy, url } from './rules';

/** What is said of a variable in `.env.example` and docs/configuration.md. */
export interface VariableAbout {
  readonly group: string;
  readonly about: string;
  /** Text that stands in when the variable is not set. */
  readonly fallback?: string;
  readonly example?: string;
  /** Never printed, not even when it is wrong. */
  readonly secret?: boolean;
}
export const aboutVariables = z.registry<VariableAbout>();

function withDefault<T>(rule: z.ZodType<T, string>, about: VariableAbout & { readonly fallback: string }) {
  return z.string().default(about.fallback).pipe(rule).register(aboutVariables, about);
}

function optional<T>(rule: z.ZodType<T, string>, about: VariableAbout) {
  return rule
    .optional()
    .transform((value) => value ?? null)
    .register(aboutVariables, about);
}

const GROUPS = {
  services: 'Services',
  log: 'Event log',
  http: 'HTTP',
  database: 'Postgres',
  cache: 'Cache and freshness',
  process: 'Process',
} as const;

const SECOND = 1000;
const DAY_MS = 86_400_000;

/** Every variable of the environment that the product knows: the one schema. */
export const environmentSchema = z.object({
  DATABASE_URL: optional(url(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/database'), {
    group: GROUPS.services,
    about: 'Postgres. Needed by the api and the projector; the standalone process brings its own.',
    example: 'postgresql://harvest:password@127.0.0.1:5432/harvest',
    secret: true,
  }),
  REDIS_URL: optional(url(['redis:', 'rediss:'], 'redis://host:6379'), {
    group: GROUPS.services,
    about: 'Redis, the second cache tier. Not set: the first tier only.',
    example: 'redis://127.0.0.1:6379',
    secret: true,
  }),
  KAFKA_BROKERS: optional(brokers, {
    group: GROUPS.services,
    about: 'Kafka, a comma list of host:port. Needed by the api and the projector; the standalone process has an embedded log.',
    example: '127.0.0.1:9092',
  }),
  TOPIC_PREFIX: withDefault(matching(/^[a-zA-Z0-9._-]{1,100}$/, '1–100 letters, digits, dots, dashes or underscores'), {
    group: GROUPS.log,
    about: 'Stands before every topic name.',
    fallback: 'signals.',
  }),
  TOPIC_PARTITIONS: withDefault(integer(1, 1000), {
    group: GROUPS.log,
    about: 'Partitions of topics that the product creates. An existing topic is left as it is.',
    fallback: '12',
  }),
  HARVEST_SESSION_TIMEOUT_MS: withDefault(integer(6 * SECOND, 300 * SECOND), {
    group: GROUPS.log,
    about: 'After this long without a heartbeat a projector is considered dead and its partitions move, in ms.',
    fallback: '30000',
  }),
  HARVEST_ON_POISON: withDefault(onPoison, {
    group: GROUPS.log,
    about: 'A record that can never succeed: `park` its key until it is dealt with, or `skip` it; exceptions per topic family.',
    fallback: 'park',
    example: 'park,artifacts=skip',
  }),
  HARVEST_PARKED_KEY_LIMIT: withDefault(integer(1, 1_000_000), {
    group: GROUPS.log,
    about: 'A partition with this many parked keys stops: a systemic failure must not drain silently.',
    fallback: '1000',
  }),
  HARVEST_HTTP_PORT: withDefault(integer(0, 65_535), {
    group: GROUPS.http,
    about: 'Port of the public API. 0: any free one.',
    fallback: '3000',
  }),
  HARVEST_HTTP_HOST: withDefault(text, { group: GROUPS.http, about: 'Address the public API listens on.', fallback: '0.0.0.0' }),
  HARVEST_OPERATOR_PORT: withDefault(integer(0, 65_535), {
    group: GROUPS.http,
    about: "Port of the operators' listener: health, metrics, cache, pool and profiling. 0: any free one.",
    fallback: '3001',
  }),
  HARVEST_OPERATOR_HOST: withDefault(text, {
    group: GROUPS.http,
    about: "Address the operators' listener listens on. It asks for no credentials: open it to trusted networks only.",
    fallback: '127.0.0.1',
  }),
  HARVEST_TRUST_PROXY: withDefault(trustProxy, {
    group: GROUPS.http,
    about: 'Whose X-Forwarded-For is believed: how many proxies stand in front, or their addresses and CIDRs. Never `true`.',
    fallback: '0',
    example: '10.0.0.0/8',
  }),
  HARVEST_CURSOR_SECRET: optional(matching(/^.{16,}$/, 'at least 16 characters'), {
    group: GROUPS.http,
    about: 'Signs cursors and positions; the same in every api process. Not set: derived from the installation id in the database.',
    secret: true,
  }),
  HARVEST_DB_POOL_SIZE: withDefault(integer(1, 500), { group: GROUPS.database, about: 'Connections kept for reads.', fallback: '20' }),
  HARVEST_DB_POOL_OVERFLOW: withDefault(integer(0, 500), {
    group: GROUPS.database,
    about: 'Connections opened beyond the pool size under load.',
    fallback: '30',
  }),
  HARVEST_DB_ACTIVE_READS: withDefault(integer(0, 500), {
    group: GROUPS.database,
    about: 'Quick reads that Postgres works on at once for one process; others wait their turn. 0: as many as processors, at least 2.',
    fallback: '0',
  }),
  HARVEST_DB_POOL_WAIT_MS: withDefault(integer(1, 300 * SECOND), {
    group: GROUPS.database,
    about: 'How long a read waits for a connection before it fails as `pool-exhausted`, in ms.',
    fallback: '30000',
  }),
  HARVEST_WRITE_POOL_SIZE: withDefault(integer(1, 200), { group: GROUPS.database, about: 'Connections of the projector.', fallback: '8' }),
  HARVEST_STATEMENT_TIMEOUT_MS: withDefault(integer(100, 600 * SECOND), {
    group: GROUPS.database,
    about: 'Postgres ends a statement after this long, in ms.',
    fallback: '10000',
  }),
  HARVEST_SLOW_QUERY_MS: withDefault(integer(0, 600 * SECOND), {
    group: GROUPS.database,
    about: 'A read of the product that takes this long or longer is written down, in ms; the wait for a connection counts. 0: none is.',
    fallback: '100',
  }),
  HARVEST_SLOW_QUERY_LOG: optional(text, {
    group: GROUPS.database,
    about: 'File for slow reads, a JSON line each, in a folder that exists; one per process. Not set: the last 200 are kept in memory.',
    example: '/var/log/harvest/slow-queries.jsonl',
  }),
  HARVEST_CACHE_L1_BYTES: withDefault(integer(0, 4 * 2 ** 30), {
    group: GROUPS.cache,
    about: 'Bytes of ready answers kept in the process.',
    fallback: String(32 * 2 ** 20),
  }),
  HARVEST_CACHE_TTL_MS: withDefault(integer(SECOND, DAY_MS), {
    group: GROUPS.cache,
    about: 'A backstop: an answer is dropped after this long even when nothing moved its counter, in ms.',
    fallback: '300000',
  }),
  HARVEST_MAX_STALE_MS: withDefault(integer(0, 3600 * SECOND), {
    group: GROUPS.cache,
    about: 'How old a list may be while events keep flowing, in ms. 0: lists are not cached.',
    fallback: '1000',
  }),
  HARVEST_MAX_REFILLS: withDefault(integer(1, 1000), {
    group: GROUPS.cache,
    about: 'Answers being loaded at once; beyond it a request is refused with 503 at once instead of queueing.',
    fallback: '32',
  }),
  HARVEST_REDIS_TIMEOUT_MS: withDefault(integer(5, 10 * SECOND), {
    group: GROUPS.cache,
    about: 'Redis is given up on after this long, in ms, and the answer comes from Postgres.',
    fallback: '50',
  }),
  HARVEST_DATA_DIR: withDefault(text, { group: GROUPS.process, about: 'Folder of the embedded services.', fallback: '.harvest' }),
  HARVEST_LOG_LEVEL: withDefault(oneOf(['debug', 'info', 'warn', 'error', 'silent']), {
    group: GROUPS.process,
    about: 'debug, info, warn, error or silent.',
    fallback: 'info',
  }),
  HARVEST_LOG_PRETTY: withDefault(oneOf(['auto', 'true', 'false']), {
    group: GROUPS.process,
    about: 'Log lines for people instead of JSON. `auto`: when the output is a terminal.',
    fallback: 'auto',
  }),
  NODE_ENV: withDefault(oneOf(['production', 'development', 'test']), {
    group: GROUPS.process,
    about: 'production, development or test. Faults can be injected under test only.',
    fallback: 'production',
  }),
  HARVEST_FAULTS: optional(faults, {
    group: GROUPS.process,
    about: 'For tests (NODE_ENV=test): where the projector is killed, fails or waits.',
    example: 'before-commit:kill:after=20,topic=scores',
  }),
});

export type Environment = z.infer<typeof environmentSchema>;
export type VariableName = keyof Environment;
export const VARIABLE_NAMES = Object.keys(environmentSchema.shape) as VariableName[];

/** @throws Error for a variable without a description: a mistake in this file. */
export function aboutVariable(name: VariableName): VariableAbout {
  const about = aboutVariables.get(environmentSchema.shape[name]);
  if (about === undefined) throw new Error(`${name} is not described`);
  return about;
}
