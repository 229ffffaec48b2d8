import { createAnswerCache } from '@harvest/cache';
import { HarvestError } from '@harvest/kernel';
import { createLogger, createMetrics, HealthRegistry, silentLogger } from '@harvest/observability';
import { createQueries } from '@harvest/queries';
import type { Queries } from '@harvest/queries';
import { createStore } from '@harvest/store';
import { aScoreComputed, anArtifactObserved, createTestHouse, startFaultyProxy } from '@harvest/testing';
import type { FaultyProxy, TestHouse } from '@harvest/testing';
import { MIGRATIONS } from '../../../migrations';
import { startApi } from './api.module';
import type { ApiPorts, RunningApi } from './api.module';
import { receiptPosition } from './api.ports';

const running: RunningApi[] = [];
let house: TestHouse;

beforeAll(async () => {
  house = await createTestHouse();
  const around = { topicPrefix: house.topicPrefix };
  const appended = await house.append(anArtifactObserved({ artifactId: 'a' }, around), aScoreComputed({ artifactId: 'a' }, around));
  const api = await start({});
  const position = receiptPosition(appended);
  const { status } = await fetch(`${api.url}/v1/discoveries?minPosition=${position}&waitMs=20000`);
  if (status !== 200) throw new Error(`the events did not become visible: ${status}`);
});
afterAll(async () => {
  for (const api of running) await api.close();
  await house.close();
});

async function start(over: Partial<ApiPorts>, trustProxy: false | number | string[] = false): Promise<RunningApi> {
  const ports = { ...house, health: new HealthRegistry(), metrics: createMetrics(), ...over };
  const api = await startApi({ host: '127.0.0.1', port: 0, trustProxy, ports });
  running.push(api);
  return api;
}

/** Queries that fail so. */
function failing(error: Error): Partial<ApiPorts> {
  const fail = async () => {
    throw error;
  };
  return { queries: { ...house.queries, listDiscoveries: fail, getArtifact: fail } };
}

describe('what cannot be answered now', () => {
  it.each(['pool-exhausted', 'store-unreachable', 'store-timeout', 'database-not-migrated', 'refill-limit', 'something-new'])(
    '%s is 503 with Retry-After on cached and on fresh questions',
    async (code) => {
      const api = await start(failing(new HarvestError({ code, retriable: true, message: 'not now' })));
      for (const path of ['/v1/discoveries', '/v1/artifacts/a']) {
        const response = await fetch(api.url + path);
        expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
        expect(await response.json()).toMatchObject({ code: code === 'something-new' ? 'unavailable' : code });
      }
    },
  );

  it('a fault that nobody expected is 500, tells nothing, and is in the log under the request id', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      name: 'api',
      level: 'error',
      pretty: false,
      destination: { write: (line: string) => void lines.push(line) },
    });
    const api = await start({ ...failing(new TypeError('hush: undefined is not a function')), logger });
    const response = await fetch(`${api.url}/v1/artifacts/a`, { headers: { 'x-request-id': 'r-1' } });
    const text = await response.text();
    expect([response.status, text.includes('hush')]).toEqual([500, false]);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      requestId: 'r-1',
      code: 'internal',
      client: '127.0.0.1',
      err: { message: expect.stringContaining('hush') },
    });
  });

  it('beyond the cap of refills a request is refused at once instead of queueing', async () => {
    const options = {
      redisUrl: null,
      counters: house.store.counters,
      changes: house.changes,
      logger: silentLogger,
      metrics: createMetrics(),
    };
    const cache = createAnswerCache({ ...options, maxConcurrentRefills: 1 });
    await cache.start();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const listDiscoveries: Queries['listDiscoveries'] = async (asked) => {
      await held;
      return house.queries.listDiscoveries(asked);
    };
    const api = await start({ cache, queries: { ...house.queries, listDiscoveries } });
    const first = fetch(`${api.url}/v1/discoveries?limit=1`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await fetch(`${api.url}/v1/discoveries?limit=2`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await second.json()).toMatchObject({ code: 'refill-limit' });
    release();
    expect((await first).status).toBe(200);
    await cache.stop();
  });
});

describe('Postgres behind a wire that is cut', () => {
  let proxy: FaultyProxy;

  it('is 503 within the deadline of the question, and the process stays alive', async () => {
    const url = new URL(house.database.url);
    proxy = await startFaultyProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    url.hostname = '127.0.0.1';
    const { topicPrefix } = house;
    const pool = { waitMs: 1000, readers: 2, readersOverflow: 0 };
    const store = createStore({
      databaseUrl: url.toString(),
      topicPrefix,
      migrations: MIGRATIONS,
      pool,
      logger: silentLogger,
      metrics: createMetrics(),
    });
    const queries = createQueries(store.reader, { cursorSecret: 'a secret of the tests', topicPrefix });
    const health = new HealthRegistry();
    health.register({ name: 'database', need: 'required', check: async () => ({ latencyMs: await store.ping(500) }) });
    const api = await start({ queries, health });
    expect((await fetch(`${api.url}/v1/artifacts/a`)).status).toBe(200);
    proxy.blackHole();
    const began = performance.now();
    const response = await fetch(`${api.url}/v1/artifacts/a`);
    expect(response.status).toBe(503);
    expect(performance.now() - began).toBeLessThan(15_000);
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    await store.close();
    await proxy.close();
  });
});

describe('who the client is', () => {
  const clientOf = async (trustProxy: false | number | string[], forwarded: string): Promise<unknown> => {
    const lines: string[] = [];
    const logger = createLogger({
      name: 'api',
      level: 'error',
      pretty: false,
      destination: { write: (line: string) => void lines.push(line) },
    });
    const api = await start({ ...failing(new Error('for the log')), logger }, trustProxy);
    await fetch(`${api.url}/v1/artifacts/a`, { headers: { 'x-forwarded-for': forwarded } });
    return (JSON.parse(lines[0] ?? '{}') as { client?: unknown }).client;
  };

  it.each([
    ['nobody is believed', false, '127.0.0.1'],
    ['one proxy in front: its word alone, not what the client wrote before', 1, '10.0.0.2'],
    ['two', 2, '6.6.6.6'],
    ['proxies by their addresses', ['127.0.0.1'], '10.0.0.2'],
    ['other proxies than these', ['192.168.0.0/16'], '127.0.0.1'],
  ])('%s', async (_what, trustProxy, client) => {
    expect(await clientOf(trustProxy as false | number | string[], '6.6.6.6, 10.0.0.2')).toBe(client);
  });
});
