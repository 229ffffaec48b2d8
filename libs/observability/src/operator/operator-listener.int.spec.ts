import { HarvestError } from '@harvest/kernel';
import { HealthRegistry } from '../health-registry';
import { silentLogger } from '../logger';
import { createMetrics } from '../metrics';
import type { OperatorListener } from './operator-listener';
import { createOperatorListener } from './operator-listener';
import type { CacheOperations } from './operator.port';

describe("the operators' listener", () => {
  const health = new HealthRegistry();
  const state = { postgres: true, redis: true };
  const calls: unknown[] = [];
  const cache: CacheOperations = {
    stats: () => ({ entries: 3 }),
    invalidate: async (pattern) => {
      if (pattern === 'nothing') throw new HarvestError({ code: 'scope-unknown', message: 'scopes are discoveries, ingestions' });
      calls.push(pattern);
      return { moved: 1 };
    },
    clear: async () => ({ dropped: 3 }),
    cleanup: async () => ({ dropped: 0 }),
  };
  let listener: OperatorListener;

  beforeAll(async () => {
    const need = (name: 'postgres' | 'redis') => async () => {
      if (!state[name]) throw new Error(`${name} does not answer`);
    };
    health.register({ name: 'postgres', need: 'required', check: need('postgres') });
    health.register({ name: 'redis', need: 'detail', check: need('redis') });
    const pool = { pool: 'read', size: 20, checkedOut: 2, overflow: 0, total: 4, waiting: 0 };
    listener = await createOperatorListener({
      host: '127.0.0.1',
      port: 0,
      health,
      metrics: createMetrics(),
      logger: silentLogger,
      cache,
      pools: { stats: () => [pool] },
    });
  });
  afterAll(() => listener.close());

  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(listener.url + path, init);
    const text = await response.text();
    const body = /json/.test(response.headers.get('content-type') ?? '') ? (JSON.parse(text) as Record<string, unknown>) : text;
    return { status: response.status, body, type: response.headers.get('content-type') };
  };
  const post = (path: string, body?: string, headers: Record<string, string> = {}) =>
    get(path, {
      method: 'POST',
      ...(body === undefined ? {} : { body }),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    });

  it('says what is up', async () => {
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { postgres: { status: 'up' }, redis: { status: 'up' } } },
    });
    expect(await get('/health/startup')).toMatchObject({ status: 200 });
  });

  it('Redis down is detail, Postgres down is unready, and neither ends liveness', async () => {
    state.redis = false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await get('/health')).toMatchObject({ status: 200, body: { status: 'degraded', details: { redis: { status: 'degraded' } } } });
    expect(await get('/health/ready')).toMatchObject({ status: 200 });
    state.postgres = false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      body: { error: { postgres: { message: 'postgres does not answer' } } },
    });
    expect(await get('/health/live')).toMatchObject({ status: 200 });
    Object.assign(state, { postgres: true, redis: true });
  });

  it('measures cache, database and pool, and is unwell while Postgres is silent', async () => {
    expect(await get('/health/performance')).toMatchObject({ status: 200, body: { status: 'ok', cache: null, database: null } });
    const figures = { entries: 3, active: 2, hits: 1, misses: 3, hitRate: 25, bytes: 99 };
    const connections = { size: 20, checkedOut: 2, overflow: 0, total: 4 };
    health.measureBy({ databaseCheck: 'measured', cache: () => figures, pool: () => ({ ...connections, waiting: 7 }) });
    health.register({
      name: 'measured',
      need: 'detail',
      check: async () => (state.postgres ? { latencyMs: 3 } : Promise.reject(new Error('no answer'))),
    });
    expect(await get('/health/performance')).toMatchObject({
      status: 200,
      body: {
        ...{ status: 'ok', responseTimeMs: expect.any(Number), cache: figures },
        database: { status: 'up', latencyMs: 3, pool: connections },
      },
    });
    state.postgres = false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await get('/health/performance')).toMatchObject({
      status: 503,
      body: { status: 'error', cache: figures, database: { status: 'down', latencyMs: null } },
    });
    state.postgres = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  });

  it('serves metrics for Prometheus', async () => {
    const { status, body, type } = await get('/metrics');
    expect(status).toBe(200);
    expect(type).toContain('version=0.0.4');
    expect(body).toContain('# TYPE http_requests_total counter');
  });

  it('shows and steers the cache', async () => {
    expect(await get('/cache/stats')).toMatchObject({ status: 200, body: { entries: 3 } });
    expect(await post('/cache/invalidate', '{"scope":"discoveries"}')).toMatchObject({ status: 200, body: { moved: 1 } });
    expect(await post('/cache/clear')).toMatchObject({ status: 200, body: { dropped: 3 } });
    expect(await post('/cache/cleanup')).toMatchObject({ status: 200, body: { dropped: 0 } });
    expect(calls).toEqual(['discoveries']);
  });

  it('shows the pools', async () => {
    expect(await get('/pool/stats')).toMatchObject({ status: 200, body: { pools: [{ pool: 'read', checkedOut: 2 }] } });
  });

  it.each([
    ['neither scope nor pattern', '{}', 400],
    ['both', '{"scope":"a","pattern":"b"}', 400],
    ['an unknown member', '{"scop":"a"}', 400],
    ['broken JSON', '{"scope"', 400],
    ['a scope that does not exist', '{"scope":"nothing"}', 400],
    ['a large body', `{"scope":"${'x'.repeat(20_000)}"}`, 413],
  ])('refuses an invalidation with %s by a problem', async (_what, body, status) => {
    expect(await post('/cache/invalidate', body)).toMatchObject({
      status,
      type: expect.stringContaining('application/problem+json'),
      body: { status },
    });
  });

  it('answers an unknown path by a problem', async () => {
    expect(await get('/nothing')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  it('refuses calls that a page of another site makes through the operator’s browser', async () => {
    expect(await post('/cache/clear', undefined, { origin: 'https://evil.example' })).toMatchObject({ status: 403 });
    expect(await post('/cache/clear', undefined, { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 });
    expect(await post('/cache/clear', undefined, { origin: listener.url })).toMatchObject({ status: 200 });
  });

  it('a process that leaves is not ready but alive', async () => {
    health.startDraining();
    expect(await get('/health/ready')).toMatchObject({ status: 503, body: { status: 'shutting_down' } });
    expect(await get('/health/live')).toMatchObject({ status: 200 });
  });

  it('closes at once although a keep-alive socket is open', async () => {
    await get('/health/live');
    const began = performance.now();
    await listener.close();
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
