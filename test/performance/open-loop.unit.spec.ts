import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpClient, runOpenLoop } from './open-loop';
import { median, quantile } from './statistics';

/** Answers request n after `delayOf(n)` ms. */
async function serve(delayOf: (n: number) => number): Promise<{ server: Server; client: HttpClient; arrivalsMs: number[] }> {
  const arrivalsMs: number[] = [];
  const server = createServer((_request, response) => {
    arrivalsMs.push(performance.now());
    setTimeout(() => response.end('{}'), delayOf(arrivalsMs.length - 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, client: new HttpClient(`http://127.0.0.1:${port}`), arrivalsMs };
}

async function measure(delayOf: (n: number) => number, load: { ratePerSecond: number; count: number }) {
  const { server, client, arrivalsMs } = await serve(delayOf);
  const result = await runOpenLoop({ ...load, send: async () => void (await client.get('/')) });
  client.close();
  await new Promise((resolve) => server.close(resolve));
  return { ...result, arrivalsMs };
}

describe('runOpenLoop', () => {
  it('measures a known delay, and asks on while answers are out', async () => {
    const { latenciesMs, failures, arrivalsMs } = await measure(() => 60, { ratePerSecond: 200, count: 100 });
    expect(failures).toBe(0);
    expect(latenciesMs).toHaveLength(100);
    expect(Math.min(...latenciesMs)).toBeGreaterThan(50);
    expect(median(latenciesMs)).toBeLessThan(160);
    // A closed loop with one connection would take 100 × 60 ms.
    expect((arrivalsMs.at(-1) ?? 0) - (arrivalsMs[0] ?? 0)).toBeLessThan(3_000);
  });

  it('counts the wait of every request that was due during a stall, not of one', async () => {
    const { server, client } = await serve(() => 0);
    let sent = 0;
    const stall = async () => {
      sent += 1;
      // The client itself is held up for 400 ms: what was due meanwhile is late by what remained of it.
      if (sent === 50) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
      await client.get('/');
    };
    const { latenciesMs } = await runOpenLoop({ ratePerSecond: 200, count: 150, send: stall });
    client.close();
    await new Promise((resolve) => server.close(resolve));
    expect(latenciesMs.filter((ms) => ms > 100).length).toBeGreaterThan(50);
    expect(quantile(latenciesMs, 0.99)).toBeGreaterThan(350);
  });

  it('sends evenly', async () => {
    const { arrivalsMs } = await measure(() => 0, { ratePerSecond: 100, count: 100 });
    const took = (arrivalsMs.at(-1) ?? 0) - (arrivalsMs[0] ?? 0);
    expect(took).toBeGreaterThan(900);
    const gaps = arrivalsMs.slice(1).map((at, index) => at - (arrivalsMs[index] ?? 0));
    expect(Math.abs(median(gaps) - 10)).toBeLessThan(5);
  });

  it('counts failures and goes on', async () => {
    const send = (index: number) => (index % 2 === 0 ? Promise.reject(new Error(`no ${index}`)) : Promise.resolve());
    const { failures, firstFailure, latenciesMs } = await runOpenLoop({ ratePerSecond: 1000, count: 10, send });
    expect(failures).toBe(5);
    expect(firstFailure?.message).toBe('no 0');
    expect(latenciesMs).toHaveLength(5);
  });
});

describe('quantile', () => {
  it('takes the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_value, index) => 100 - index);
    expect(quantile(values, 0.99)).toBe(99);
    expect(quantile(values, 0.5)).toBe(50);
    expect(quantile([7], 0.99)).toBe(7);
    expect(median([3, 1, 2, 10])).toBe(2.5);
  });
});
