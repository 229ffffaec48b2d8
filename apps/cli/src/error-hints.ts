/** What to do next, by error code. */
const HINTS: Readonly<Record<string, string>> = {
  'no-services': 'start everything in one process with `bin/harvest up`, or name the services in DATABASE_URL and KAFKA_BROKERS',
  'database-missing': 'set DATABASE_URL, or start `bin/harvest up`',
  'log-missing': 'set KAFKA_BROKERS, or start `bin/harvest up`',
  'store-unreachable': 'check that Postgres runs and that DATABASE_URL names it',
  'store-timeout': 'Postgres answers slowly: try again, or look at its load',
  'pool-exhausted': 'try again in a moment; HARVEST_DB_POOL_SIZE raises the limit',
  'log-unreachable': 'check that Kafka runs and that KAFKA_BROKERS names it',
  'operators-unreachable':
    'start the api (`npm run start:api` or `bin/harvest up`); HARVEST_OPERATOR_HOST and _PORT say where its listener is',
  'topic-missing': 'create the topics with `bin/harvest topics create`',
  'database-not-migrated': 'migrate it with `bin/harvest db migrate`',
  'generation-behind': 'let the projectors catch up (`bin/harvest lag --generation N`), then activate again',
  'generation-limit': 'retire one with `bin/harvest generations retire N` first',
  'generation-active': 'activate another one first with `bin/harvest generations activate N`',
  'generation-unknown': 'see `bin/harvest generations list`',
  'generation-retired': 'see `bin/harvest generations list`',
  'config-invalid': 'docs/configuration.md lists every variable',
  'wait-timeout': 'see `bin/harvest lag` and `bin/harvest dead-letters list`; --wait-timeout waits longer',
};

export function hintFor(code: string): string | null {
  return HINTS[code] ?? null;
}
