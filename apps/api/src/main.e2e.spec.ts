import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { anIngestionStarted, createTestDatabase, createTestHouse, serviceAddress } from '@harvest/testing';
import type { TestHouse } from '@harvest/testing';

const MAIN = join(__dirname, '../../../dist/apps/api/src/main.js');

interface Process {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  output(): string;
  exited: Promise<number | null>;
}

function startProcess(environment: Record<string, string>): Process {
  const { PATH = '' } = process.env;
  const base = { PATH, HARVEST_HTTP_PORT: '0', HARVEST_OPERATOR_PORT: '0', KAFKA_BROKERS: serviceAddress('kafka') };
  const child = spawn(process.execPath, [MAIN], { env: { ...base, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => text, exited };
}

async function urlsOf(started: Process): Promise<{ api: string; operators: string }> {
  const untilMs = Date.now() + 30_000;
  for (;;) {
    const line = started
      .output()
      .split('\n')
      .find((candidate) => candidate.includes('"the api answers"'));
    if (line !== undefined) return JSON.parse(line) as { api: string; operators: string };
    if (Date.now() > untilMs || started.child.exitCode !== null) throw new Error(`the api did not start:\n${started.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the api process', () => {
  let house: TestHouse;
  const started: Process[] = [];
  const start = (environment: Record<string, string>) => {
    const one = startProcess(environment);
    started.push(one);
    return one;
  };

  beforeAll(async () => {
    house = await createTestHouse();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await house.close();
  });

  it('answers on both listeners, and leaves with 0 although sockets and a stream are open', async () => {
    const addresses = { DATABASE_URL: house.database.url, REDIS_URL: serviceAddress('redis') };
    const api = start({ ...addresses, TOPIC_PREFIX: house.topicPrefix, HARVEST_SLOW_QUERY_MS: '1' });
    const urls = await urlsOf(api);
    expect((await fetch(`${urls.api}/v1/discoveries`)).status).toBe(200);
    expect((await fetch(`${urls.api}/health/ready`)).status).toBe(200);
    expect((await fetch(`${urls.api}/metrics`)).status).toBe(404);
    expect(await (await fetch(`${urls.operators}/metrics`)).text()).toContain('http_requests_total{method="GET",route="/v1/discoveries"');
    expect(await (await fetch(`${urls.operators}/cache/stats`)).json()).toMatchObject({ requests: 1 });
    expect(await (await fetch(`${urls.operators}/pool/stats`)).json()).toMatchObject({ pools: [{ pool: 'readers' }] });
    const performances = [urls.api, urls.operators].map(async (url) => (await fetch(`${url}/health/performance`)).json());
    for (const body of await Promise.all(performances)) {
      expect(body).toMatchObject({ status: 'ok', cache: { misses: 1 }, database: { status: 'up', pool: { size: 20 } } });
    }
    expect(await (await fetch(`${urls.operators}/profiling/slow-queries`)).json()).toMatchObject({
      queries: expect.arrayContaining([expect.objectContaining({ query: 'list-discoveries-score', generation: 1 })]) as unknown,
    });
    expect((await fetch(`${urls.api}/profiling/slow-queries`)).status).toBe(404);
    const stream = await openStream(urls.api);
    const began = performance.now();
    api.child.kill('SIGTERM');
    expect(await api.exited).toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(await stream.text()).toContain('event: ingestion');
  });

  async function openStream(url: string): Promise<Response> {
    await house.append(anIngestionStarted({ ingestionId: 'run-1' }, { topicPrefix: house.topicPrefix }));
    const untilMs = Date.now() + 20_000;
    for (;;) {
      const stream = await fetch(`${url}/v1/ingestions/run-1/stream`);
      if (stream.status === 200 || Date.now() > untilMs) return stream;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('lists every wrong setting at once and does not start', async () => {
    const api = start({ DATABASE_URL: 'mysql://u:hush@h/d', HARVEST_HTTP_PORT: 'x', HARVEST_HTTP_PROT: '1' });
    expect(await api.exited).toBe(1);
    for (const name of ['DATABASE_URL', 'HARVEST_HTTP_PORT', 'HARVEST_HTTP_PROT']) expect(api.output()).toContain(name);
    expect(api.output()).not.toContain('hush');
  });

  it('says what to do about a database that was never migrated, and about one that is not there', async () => {
    const empty = await createTestDatabase();
    const unmigrated = start({ DATABASE_URL: empty.url });
    expect(await unmigrated.exited).toBe(1);
    expect(unmigrated.output()).toMatch(/database-not-migrated: .*harvest db migrate/s);
    await empty.drop();
    const absent = start({ DATABASE_URL: 'postgresql://u:hush@127.0.0.1:1/d' });
    expect(await absent.exited).toBe(1);
    expect(absent.output()).toContain('store-unreachable');
    expect(absent.output()).not.toContain('hush');
  });
});
