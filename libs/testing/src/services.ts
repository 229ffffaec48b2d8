import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

const VARIABLES = { postgres: 'DATABASE_URL', redis: 'REDIS_URL', kafka: 'KAFKA_BROKERS' } as const;

/** Where the real service runs; `npm test` brings them up and sets the variables (see test/services). Throws when it does not. */
export function serviceAddress(service: keyof typeof VARIABLES): string {
  const address = process.env[VARIABLES[service]];
  if (!address)
    throw new Error(
      `${VARIABLES[service]} is not set: run the tests by \`npm run test:int\`, or \`eval "$(test/services/services env)"\` first`,
    );
  return address;
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** An empty database of its own on the test server, so that suites run side by side. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = serviceAddress('postgres');
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A topic prefix that no other test uses. */
export function uniqueTopicPrefix(): string {
  return `t${randomBytes(6).toString('hex')}.`;
}
