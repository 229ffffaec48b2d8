import { isHarvestError } from '@harvest/kernel';
import { describeConfig } from './describe-config';
import { loadConfig, loadServiceConfig } from './load-config';
import type { ConfigProblem, RawEnvironment } from './load-config';

function problemsOf(environment: RawEnvironment, load: (environment: RawEnvironment) => unknown = loadConfig): readonly ConfigProblem[] {
  try {
    load(environment);
  } catch (error) {
    if (isHarvestError(error) && error.code === 'config-invalid') return error.context['problems'] as ConfigProblem[];
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('needs nothing for the one-process start', () => {
    const config = loadConfig({});
    expect(config.databaseUrl).toBeNull();
    expect(config.topics).toEqual({ prefix: 'signals.', partitions: 12 });
    expect(config.http).toEqual({ host: '0.0.0.0', port: 3000, trustProxy: false });
    expect(config.operator).toEqual({ host: '127.0.0.1', port: 3001 });
    expect(config.database).toEqual({
      poolSize: 20,
      poolOverflow: 30,
      activeReads: 0,
      poolWaitMs: 30_000,
      writePoolSize: 8,
      statementTimeoutMs: 10_000,
    });
    expect(config.slowQueries).toEqual({ thresholdMs: 100, path: null });
    expect(config.projector).toEqual({ sessionTimeoutMs: 30_000, onPoison: { default: 'park', byFamily: {} }, parkedKeyLimit: 1000 });
  });

  it('lists every problem at once, each with its variable and what to do', () => {
    const problems = problemsOf(
      { HARVEST_HTTP_PORT: '70000', HARVEST_LOG_LEVEL: 'loud', KAFKA_BROKERS: 'kafka://x', HARVEST_HTTP_PROT: '1', NODE_ENV: 'staging' },
      loadServiceConfig,
    );
    expect(problems.map(({ variable }) => variable).toSorted()).toEqual(
      ['DATABASE_URL', 'HARVEST_HTTP_PORT', 'HARVEST_HTTP_PROT', 'HARVEST_LOG_LEVEL', 'KAFKA_BROKERS', 'NODE_ENV'].toSorted(),
    );
    expect(problems.find(({ variable }) => variable === 'HARVEST_HTTP_PORT')?.problem).toBe(
      'must be an integer between 0 and 65535, not "70000"; e.g. HARVEST_HTTP_PORT=3000',
    );
  });

  it('names the nearest variable for one that it does not know', () => {
    expect(problemsOf({ HARVEST_HTTP_PROT: '1' })).toEqual([
      { variable: 'HARVEST_HTTP_PROT', problem: 'is not known; do you mean HARVEST_HTTP_PORT?' },
    ]);
    expect(problemsOf({ HARVEST_ZZZZZZZZZZ: '1' })[0]?.problem).toContain('unset it');
  });

  it('is not disturbed by the variables of a Kubernetes service of that name', () => {
    expect(
      problemsOf({
        HARVEST_API_SERVICE_HOST: '10.0.0.1',
        HARVEST_API_PORT_3000_TCP_ADDR: '10.0.0.1',
        HARVEST_API_PORT: 'tcp://10.0.0.1:3000',
      }),
    ).toEqual([]);
  });

  it('passes over the variables of the development tools', () => {
    expect(problemsOf({ HARVEST_SERVICES: 'default', HARVEST_TEST_RUN: '1' })).toEqual([]);
  });

  it('counts an empty variable as not set', () => {
    expect(loadConfig({ REDIS_URL: '', HARVEST_HTTP_PORT: ' ' })).toMatchObject({ redisUrl: null, http: { port: 3000 } });
  });

  it('refuses two listeners on one port', () => {
    expect(problemsOf({ HARVEST_OPERATOR_PORT: '3000' })).toHaveLength(1);
    expect(problemsOf({ HARVEST_OPERATOR_PORT: '0', HARVEST_HTTP_PORT: '0' })).toEqual([]);
  });

  it.each(['true', '10.0.0.0/33', '11', 'proxy.example', '10.0.0.0/8/8', '::1/129'])('never trusts proxies by %s', (value) => {
    expect(problemsOf({ HARVEST_TRUST_PROXY: value })).toHaveLength(1);
  });

  it.each([
    ['0', false],
    ['2', 2],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
  ])('trusts proxies by count or address: %s', (value, expected) => {
    expect(loadConfig({ HARVEST_TRUST_PROXY: value }).http.trustProxy).toEqual(expected);
  });

  it('takes poison policies per topic and refuses unknown topics', () => {
    expect(loadConfig({ HARVEST_ON_POISON: 'artifacts=skip' }).projector.onPoison).toEqual({
      default: 'park',
      byFamily: { artifacts: 'skip' },
    });
    expect(problemsOf({ HARVEST_ON_POISON: 'artefacts=skip' })).toHaveLength(1);
    expect(problemsOf({ HARVEST_ON_POISON: 'drop' })).toHaveLength(1);
  });

  it('accepts faults under test only', () => {
    const faults = 'before-commit:kill:after=20,topic=scores;after-fetch:delay:ms=200,times=5';
    expect(loadConfig({ HARVEST_FAULTS: faults, NODE_ENV: 'test' }).faults).toEqual([
      { point: 'before-commit', action: 'kill', after: 20, times: 1, topic: 'scores', type: null, delayMs: 100 },
      { point: 'after-fetch', action: 'delay', after: 0, times: 5, topic: null, type: null, delayMs: 200 },
    ]);
    expect(problemsOf({ HARVEST_FAULTS: faults })).toHaveLength(1);
    for (const wrong of ['nowhere:kill', 'before-commit:explode', 'before-commit:kill:when=1', 'before-commit']) {
      expect(problemsOf({ HARVEST_FAULTS: wrong, NODE_ENV: 'test' })).toHaveLength(1);
    }
  });
});

describe('secrets', () => {
  const secret = 's3cret-s3cret-s3cret';

  it('are in no problem', () => {
    const problems = problemsOf({ DATABASE_URL: `mysql://user:${secret}@host/db`, REDIS_URL: secret, HARVEST_CURSOR_SECRET: 's3cret' });
    expect(problems).toHaveLength(3);
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });

  it('are in no description', () => {
    const config = loadConfig({
      DATABASE_URL: `postgresql://user:${secret}@host:5432/db?password=${secret}`,
      REDIS_URL: `redis://:${secret}@host:6379`,
      HARVEST_CURSOR_SECRET: secret,
    });
    const described = describeConfig(config);
    expect(JSON.stringify(described)).not.toContain('s3cret');
    expect(described['databaseUrl']).toBe('postgresql://host:5432/db');
    expect(described['cursorSecret']).toBe('set');
  });
});
