import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics, createOperatorListener, HealthRegistry, silentLogger } from '@harvest/observability';
import type { OperatorListener } from '@harvest/observability';
import type { NamedQuery } from '@harvest/read-models';
import { createTestStore } from '@harvest/testing';
import type { TestStore } from '@harvest/testing';
import { createProfiling } from '../profiling';
import type { Profiling } from '../profiling';

const SECRET = 'a value that nobody may write down';
const sleeping: NamedQuery = {
  name: 'test-sleeping',
  dependsOn: ['artifacts'],
  text: () => 'SELECT $2::text AS said FROM pg_sleep($1::float8 / 1000)',
};

interface SlowQueries {
  readonly queries: readonly { readonly query: string; readonly tookMs: number; readonly waitedMs: number; readonly rows: number | null }[];
}

let test: TestStore;
let profiling: Profiling;
let listener: OperatorListener;
const folder = mkdtempSync(join(tmpdir(), 'profiling-'));
const path = join(folder, 'slow.jsonl');

beforeAll(async () => {
  profiling = createProfiling({ slowQueries: { thresholdMs: 500, path }, logger: silentLogger });
  test = await createTestStore({ onQuery: profiling.onQuery, pool: { readers: 1, readersOverflow: 0 } });
  await test.store.openReaders();
  listener = await createOperatorListener({
    ...{ host: '127.0.0.1', port: 0, health: new HealthRegistry(), metrics: createMetrics(), logger: silentLogger },
    ...{ cache: null, pools: null, modules: [profiling.module] },
  });
});
afterAll(async () => {
  await listener.close();
  await profiling.close();
  await test.close();
  rmSync(folder, { recursive: true });
});

const ask = (address: string) => fetch(`${listener.url}/profiling/${address}`);
const slowQueries = async (search = '') => ((await (await ask(`slow-queries${search}`)).json()) as SlowQueries).queries;
const sleep = (ms: number) => test.store.reader.query(sleeping, [ms, SECRET]);

describe('slow reads on Postgres', () => {
  it('are told with name, time, rows and generation; quick ones are not', async () => {
    await sleep(0);
    await sleep(600);
    const answer = (await (await ask('slow-queries')).json()) as SlowQueries;
    expect(answer).toMatchObject({ thresholdMs: 500, log: path, droppedLines: 0 });
    expect(answer.queries).toMatchObject([{ query: 'test-sleeping', rows: 1, generation: 1 }]);
    expect(answer.queries[0]?.tookMs).toBeGreaterThanOrEqual(600);
    expect(answer.queries[0]?.waitedMs).toBeLessThan(500);
  });

  it('are told how long they waited for a connection', async () => {
    await Promise.all([sleep(700), sleep(0)]);
    const [waited] = await slowQueries('?limit=1');
    expect(waited?.waitedMs).toBeGreaterThanOrEqual(650);
    expect(waited!.tookMs - waited!.waitedMs).toBeLessThan(500);
  });

  it('are told when they failed, by their code', async () => {
    await expect(test.store.reader.query(sleeping, [5000, SECRET], { timeoutMs: 600 })).rejects.toMatchObject({ code: 'store-timeout' });
    expect(await slowQueries('?limit=1')).toMatchObject([{ query: 'test-sleeping', rows: null, generation: 1, failure: 'store-timeout' }]);
  });

  it('stand in the file, without the values they were asked with', async () => {
    await profiling.close();
    const text = readFileSync(path, 'utf8');
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual((await slowQueries()).toReversed());
    expect(lines).toHaveLength(4);
    expect(text).not.toContain(SECRET);
  });

  it.each(['0', '201', 'many', '1&limit=2'])('are not shown by a limit of %s', async (limit) => {
    expect((await ask(`slow-queries?limit=${limit}`)).status).toBe(400);
  });
});
