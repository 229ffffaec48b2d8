import { createMetrics, createOperatorListener, HealthRegistry, silentLogger } from '@harvest/observability';
import type { OperatorListener } from '@harvest/observability';
import { createProfiling } from './profiling';
import type { Profiling } from './profiling';

interface CpuProfile {
  readonly nodes: readonly { readonly callFrame: { readonly functionName: string } }[];
  readonly samples: readonly number[];
  readonly startTime: number;
  readonly endTime: number;
}

interface HeapSnapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[] }; readonly node_count: number };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

let profiling: Profiling;
let listener: OperatorListener;

beforeAll(async () => {
  profiling = createProfiling({ slowQueries: { thresholdMs: 100, path: null }, logger: silentLogger });
  listener = await createOperatorListener({
    ...{ host: '127.0.0.1', port: 0, health: new HealthRegistry(), metrics: createMetrics(), logger: silentLogger },
    ...{ cache: null, pools: null, modules: [profiling.module] },
  });
});
afterAll(async () => {
  await listener.close();
  await profiling.close();
});

const post = (path: string, init?: RequestInit) => fetch(`${listener.url}/profiling/${path}`, { ...init, method: 'POST' });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function burnProcessorTime(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs) Math.sqrt(untilMs);
}

describe('CPU profiles', () => {
  it('show what ran, one at a time', async () => {
    const first = post('cpu?seconds=1');
    await wait(200);
    const second = await post('cpu?seconds=1');
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: 'conflict', detail: expect.stringContaining('60 s') });
    burnProcessorTime(300);
    const answer = await first;
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('application/json')]);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="\d+-[\dTZ-]+\.cpuprofile"$/);
    const { nodes, samples, startTime, endTime } = (await answer.json()) as CpuProfile;
    expect(nodes.map(({ callFrame }) => callFrame.functionName)).toContain('burnProcessorTime');
    expect(samples.length).toBeGreaterThan(100);
    expect(endTime - startTime).toBeGreaterThan(900_000);
    expect((await post('cpu?seconds=1')).status).toBe(200);
  });

  it.each(['seconds=0', 'seconds=61', 'seconds=1.5', 'seconds=soon', 'minutes=1'])('are refused with %s', async (search) => {
    expect((await post(`cpu?${search}`)).status).toBe(400);
  });

  it('are not made for a page of another site', async () => {
    expect((await post('cpu?seconds=1', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
  });

  it('end early, with what they have, when the process leaves', async () => {
    const leaving = createProfiling({ slowQueries: { thresholdMs: 0, path: null }, logger: silentLogger });
    const other = await createOperatorListener({
      ...{ host: '127.0.0.1', port: 0, health: new HealthRegistry(), metrics: createMetrics(), logger: silentLogger },
      ...{ cache: null, pools: null, modules: [leaving.module] },
    });
    const asked = fetch(`${other.url}/profiling/cpu?seconds=60`, { method: 'POST' });
    await wait(300);
    await leaving.close();
    expect(((await (await asked).json()) as CpuProfile).nodes.length).toBeGreaterThan(0);
    await other.close();
  });
});

describe('heap snapshots', () => {
  it('are whole, hold what lives, and are read one at a time', async () => {
    const marker = { text: ['a text', 'that', String(process.pid), 'holds'].join(' ') };
    const first = await post('heap');
    expect((await post('heap')).status).toBe(409);
    expect(first.headers.get('content-disposition')).toMatch(/\.heapsnapshot"$/);
    const { snapshot, nodes, strings } = (await first.json()) as HeapSnapshot;
    expect(snapshot.meta.node_fields).toEqual(expect.arrayContaining(['type', 'name', 'id', 'self_size', 'edge_count']));
    expect(snapshot.node_count).toBeGreaterThan(1000);
    expect(nodes.length).toBe(snapshot.node_count * snapshot.meta.node_fields.length);
    expect(strings).toContain(marker.text);
  });
});

describe('the event loop', () => {
  const report = async () =>
    (await (await fetch(`${listener.url}/profiling/event-loop`)).json()) as {
      overMs: number;
      delayMs: { p50: number; p99: number; max: number };
      utilization: number;
    };

  it('is told how late it turned since it was last asked', async () => {
    await report();
    await wait(300);
    burnProcessorTime(200);
    await wait(300);
    const late = await report();
    expect(late.overMs).toBeGreaterThanOrEqual(790);
    expect(late.delayMs.max).toBeGreaterThan(150);
    expect(late.delayMs.p50).toBeLessThan(20);
    expect(late.utilization).toBeGreaterThan(0.1);
    await wait(300);
    const idle = await report();
    expect(idle.delayMs.max).toBeLessThan(late.delayMs.max);
    expect(idle.utilization).toBeLessThan(late.utilization);
  });
});
