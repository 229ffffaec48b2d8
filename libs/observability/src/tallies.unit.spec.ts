import { createMetrics } from './metrics';

describe('tallies', () => {
  it('stand in their counter whenever it is collected, once', async () => {
    const { tallies, cacheHitsTotal, registry } = createMetrics();
    const tally = tallies.of(cacheHitsTotal.labels({ tier: 'l1', scope: 'discoveries' }));
    const seen = async () => /^cache_hits_total\{.*\} (\d+)$/m.exec(await registry.metrics())?.[1];
    tally.inc();
    tally.inc();
    expect(await seen()).toBe('2');
    expect(await seen()).toBe('2');
    tally.inc();
    expect(await seen()).toBe('3');
    expect((await cacheHitsTotal.get()).values[0]?.value).toBe(3);
  });

  it('of two series are not mixed', async () => {
    const { tallies, httpRequestsTotal } = createMetrics();
    const of = (status: number) => tallies.of(httpRequestsTotal.labels({ method: 'GET', route: '/v1/discoveries', status }));
    of(200).inc();
    of(304).inc();
    httpRequestsTotal.inc({ method: 'GET', route: '/v1/discoveries', status: 200 });
    const values = (await httpRequestsTotal.get()).values.map(({ labels, value }) => [labels.status, value]);
    expect(values).toEqual([
      [200, 2],
      [304, 1],
    ]);
  });
});
