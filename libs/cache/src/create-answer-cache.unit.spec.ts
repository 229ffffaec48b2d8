import type { LoadedAnswer } from '@harvest/read-models';
import { ASKED, CacheBench } from './testing/cache-bench';
import { settled } from './testing/manual-clock';
import { answerFrom, stateIn } from './testing/truth';

async function started(options: ConstructorParameters<typeof CacheBench>[0] = {}): Promise<CacheBench> {
  const bench = new CacheBench(options);
  await bench.cache.start();
  return bench;
}

describe('the answer cache', () => {
  it('loads once, then serves the same bytes from memory, also synchronously', async () => {
    const bench = await started();
    expect(bench.cache.peek(ASKED)).toBeNull();
    const first = await bench.ask();
    expect(first.verdict).toBe('miss');
    expect(await bench.ask()).toEqual({ answer: first.answer, verdict: 'hit-l1' });
    const peeked = bench.cache.peek(ASKED);
    expect(peeked).toEqual(first.answer);
    expect(bench.cache.peek(ASKED)).toBe(peeked);
    expect(bench.loads).toBe(1);
    await bench.cache.stop();
  });

  it('is invalidated by a notice at once, and by a poll when the notice was lost', async () => {
    const bench = await started();
    await bench.ask();
    bench.truth.move();
    bench.tellAll();
    expect(bench.cache.peek(ASKED)).toBeNull();
    expect((await bench.ask()).verdict).toBe('miss');

    bench.truth.move();
    bench.truth.announced.length = 0;
    expect(bench.cache.peek(ASKED)).not.toBeNull();
    await bench.clock.advance(1000);
    expect(bench.cache.peek(ASKED)).toBeNull();
    await bench.clock.advance(1000);
    await bench.clock.advance(1000);
    expect(await bench.cache.stats()).toMatchObject({ lostNoticesRepaired: 1 });
    await bench.cache.stop();
  });

  it('does not count a notice as lost that comes after the poll', async () => {
    const bench = await started();
    bench.truth.move();
    await bench.clock.advance(1000);
    bench.tellAll();
    await bench.clock.advance(1000);
    await bench.clock.advance(1000);
    expect(await bench.cache.stats()).toMatchObject({ lostNoticesRepaired: 0 });
    await bench.cache.stop();
  });

  it('is flipped whole by a promotion, and back by its opposite', async () => {
    const bench = await started();
    await bench.ask();
    bench.truth.promote();
    bench.tellAll();
    const after = await bench.ask();
    expect(after.verdict).toBe('miss');
    expect(stateIn(after.answer.body).generation).toBe(2);
    expect((await bench.ask()).verdict).toBe('hit-l1');
    await bench.cache.stop();
  });

  it('drops its memory on every reconnection of the feed: notices may have been lost', async () => {
    const bench = await started();
    await bench.ask();
    bench.reconnect();
    expect(bench.cache.peek(ASKED)).toBeNull();
    await bench.cache.stop();
  });

  it('serves from Postgres when no poll was answered for two seconds, and when its clock was set back', async () => {
    const bench = await started();
    await bench.ask();
    bench.pollFails = true;
    await bench.clock.advance(1000);
    await bench.clock.advance(1000);
    expect(bench.cache.peek(ASKED)).not.toBeNull();
    await bench.clock.advance(1);
    expect(bench.cache.peek(ASKED)).toBeNull();
    expect((await bench.ask()).verdict).toBe('bypass');
    expect(bench.cache.freshness()).toMatchObject({ vouching: false });
    expect(bench.warnings).toHaveLength(1);

    bench.pollFails = false;
    await bench.clock.advance(1000);
    expect((await bench.ask()).verdict).toBe('miss');
    expect(bench.cache.peek(ASKED)).not.toBeNull();
    await bench.clock.advance(-500_000);
    expect(bench.cache.peek(ASKED)).toBeNull();
    await bench.cache.stop();
  });

  it('never goes back behind an answer that came from Postgres while nobody vouched, not even as stale', async () => {
    const bench = await started();
    await bench.ask();
    await bench.ask({ key: 'not asked meanwhile' });
    bench.pollFails = true;
    await bench.clock.advance(2001);
    bench.truth.move();
    const seen = await bench.ask({ staleWhileRevalidate: true });
    expect(seen.verdict).toBe('bypass');
    bench.pollFails = false;
    await bench.clock.advance(1000);
    const later = await bench.ask({ staleWhileRevalidate: true });
    expect(later.verdict).toBe('miss');
    expect(stateIn(later.answer.body)).toEqual(stateIn(seen.answer.body));
    expect((await bench.ask({ key: 'not asked meanwhile', staleWhileRevalidate: true })).verdict).toBe('stale');
    await bench.cache.stop();
  });

  it('serves from Postgres before the first poll, and starts although neither feed nor database answer', async () => {
    const bench = new CacheBench();
    bench.pollFails = true;
    bench.subscribeFails = true;
    await bench.cache.start();
    expect((await bench.ask()).verdict).toBe('bypass');
    bench.pollFails = false;
    bench.subscribeFails = false;
    await bench.clock.advance(1000);
    await bench.ask();
    expect((await bench.ask()).verdict).toBe('hit-l1');
    bench.truth.move();
    bench.tellAll();
    expect(bench.cache.peek(ASKED)).toBeNull();
    await bench.cache.stop();
  });

  it('does not keep a scope whose answers may not be stale at all, nor answer a bypass from memory', async () => {
    const bench = await started({ maxStaleMs: { discoveries: 0 } });
    expect((await bench.ask()).verdict).toBe('bypass');
    expect((await bench.ask()).verdict).toBe('bypass');
    expect((await bench.ask({ scope: 'ingestions', bypass: true })).verdict).toBe('bypass');
    expect(bench.loads).toBe(3);
    await bench.cache.stop();
  });

  it('forgets after the TTL of ±10 %, though nothing moved', async () => {
    const bench = await started({ ttlMs: { discoveries: 10_000 }, vouchMs: 1_000_000 });
    await bench.ask();
    await bench.clock.advance(8_900);
    expect(bench.cache.peek(ASKED)).not.toBeNull();
    await bench.clock.advance(2_200);
    expect(bench.cache.peek(ASKED)).toBeNull();
    await bench.cache.stop();
  });

  it('asks Postgres once for 2,000 requests of one cold key', async () => {
    const bench = await started();
    const answers = await Promise.all(Array.from({ length: 2000 }, () => bench.ask()));
    expect(bench.loads).toBe(1);
    expect(new Set(answers.map(({ answer }) => answer)).size).toBe(1);
    expect(await bench.cache.stats()).toMatchObject({ stampedesAvoided: 1999 });
    await bench.cache.stop();
  });

  it('lets nobody join a flight that began before a move', async () => {
    const bench = await started();
    const held = hold();
    const before = bench.ask({}, held.load);
    bench.truth.move();
    bench.tellAll();
    const after = await bench.ask();
    expect(stateIn(after.answer.body).value).toBe(11n);
    held.end({ ...bench.truth.history[0]! });
    await before;
    expect(stateIn((await bench.ask()).answer.body).value).toBe(11n);
    expect(await bench.cache.stats()).toMatchObject({ lateRefills: 1 });
    await bench.cache.stop();
  });

  it('refuses beyond the limit of refills in less than 5 ms, retriably, and not what is in memory', async () => {
    const bench = await started({ maxConcurrentRefills: 2 });
    await bench.ask({ key: 'kept' });
    const held = [hold(), hold()];
    const flying = held.map(({ load }, index) => bench.ask({ key: `cold ${index}` }, load));
    const beganMs = performance.now();
    await expect(bench.ask({ key: 'one too many' })).rejects.toMatchObject({ code: 'refill-limit', retriable: true });
    expect(performance.now() - beganMs).toBeLessThan(5);
    await expect(bench.ask({ key: 'kept', bypass: true })).rejects.toMatchObject({ code: 'refill-limit' });
    expect((await bench.ask({ key: 'kept' })).verdict).toBe('hit-l1');
    for (const { end } of held) end(bench.truth.now);
    await Promise.all(flying);
    expect((await bench.ask({ key: 'one too many' })).verdict).toBe('miss');
    await bench.cache.stop();
  });

  it('passes a failed load on to all who wait, and keeps nothing of it', async () => {
    const bench = await started();
    const fails = () => Promise.reject(new Error('no rows today'));
    const both = await Promise.allSettled([bench.ask({}, fails), bench.ask({}, fails)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await bench.ask()).verdict).toBe('miss');
    await bench.cache.stop();
  });

  describe('stale while revalidating', () => {
    const moved = async (decidedMs?: number) => {
      const bench = await started();
      await bench.ask();
      bench.truth.move(decidedMs);
      bench.tellAll();
      return bench;
    };

    it('serves the previous counter’s answer while one refill runs, then the new one', async () => {
      const bench = await moved();
      const held = hold();
      const stale = await Promise.all([bench.ask({ staleWhileRevalidate: true }, held.load), bench.ask({ staleWhileRevalidate: true })]);
      expect(stale.map(({ verdict }) => verdict)).toEqual(['stale', 'stale']);
      expect(bench.loads).toBe(1);
      held.end(bench.truth.now);
      await settled();
      expect(stateIn(bench.cache.peek(ASKED)!.body).value).toBe(11n);
      await bench.cache.stop();
    });

    it('never serves what an ingestion’s completion ended', async () => {
      const bench = await moved(5);
      expect((await bench.ask({ staleWhileRevalidate: true })).verdict).toBe('miss');
      await bench.cache.stop();
    });

    it('never serves the counter before the previous one', async () => {
      const bench = await moved();
      bench.truth.move();
      bench.tellAll();
      expect((await bench.ask({ staleWhileRevalidate: true })).verdict).toBe('miss');
      await bench.cache.stop();
    });

    it('survives a refill that fails: said once, tried again by the next request', async () => {
      const bench = await moved();
      const { verdict } = await bench.ask({ staleWhileRevalidate: true }, () => Promise.reject(new Error('down')));
      expect(verdict).toBe('stale');
      await settled();
      expect(bench.warnings).toHaveLength(1);
      expect((await bench.ask({ staleWhileRevalidate: true })).verdict).toBe('stale');
      await settled();
      expect((await bench.ask()).verdict).toBe('hit-l1');
      await bench.cache.stop();
    });
  });

  describe('full', () => {
    const ofSize = (bench: CacheBench, bytes: number) => async (): Promise<LoadedAnswer> => {
      const loaded = await bench.load();
      return { ...loaded, answer: { ...loaded.answer, body: Buffer.alloc(bytes) } };
    };
    const isKept = (bench: CacheBench, key: string) => bench.cache.peek({ ...ASKED, key }) !== null;
    async function filled(): Promise<CacheBench> {
      const bench = await started({ l1MaxBytes: 100_000 });
      for (let index = 0; index < 10; index += 1) await bench.ask({ key: `k${index}` }, ofSize(bench, 9_000));
      return bench;
    }

    it('stays within its bytes, and lets no single answer take more than a quarter', async () => {
      const bench = await filled();
      for (let index = 10; index < 50; index += 1) {
        await bench.ask({ key: `k${index}` }, ofSize(bench, 9_000));
        await bench.ask({ key: `k${index}` }, ofSize(bench, 9_000));
      }
      for (let asked = 0; asked < 2; asked += 1) await bench.ask({ key: 'huge' }, ofSize(bench, 30_000));
      const { l1 } = await bench.cache.stats();
      expect(l1.bytes).toBeLessThanOrEqual(100_000);
      expect(l1).toMatchObject({ evictions: 40, turnedAway: 41 });
      expect(isKept(bench, 'huge')).toBe(false);
      expect(isKept(bench, 'k49')).toBe(true);
      await bench.cache.stop();
    });

    it('what is asked for once pushes nothing out; asked for again it is kept', async () => {
      const bench = await filled();
      for (let index = 0; index < 1_000; index += 1) await bench.ask({ key: `walked${index}` }, ofSize(bench, 9_000));
      for (let index = 0; index < 10; index += 1) expect(isKept(bench, `k${index}`)).toBe(true);
      await bench.ask({ key: 'walked999' }, ofSize(bench, 9_000));
      expect(isKept(bench, 'walked999')).toBe(true);
      await bench.cache.stop();
    });

    it('what can never be served again makes room at once', async () => {
      const bench = await filled();
      bench.truth.move();
      bench.tellAll();
      await bench.ask({ key: 'new' }, ofSize(bench, 9_000));
      expect(isKept(bench, 'new')).toBe(true);
      await bench.cache.stop();
    });
  });

  it('keeps an answer in memory of its own, not the whole of what it was cut from', async () => {
    const bench = await started();
    const large = Buffer.alloc(65_536, 'x');
    await bench.ask({}, async () => {
      const loaded = await bench.load();
      return { ...loaded, answer: { ...loaded.answer, body: large.subarray(100, 300) } };
    });
    const body = bench.cache.peek(ASKED)?.body;
    expect(body?.equals(large.subarray(100, 300))).toBe(true);
    expect(body?.buffer.byteLength).toBe(200);
    await bench.cache.stop();
  });

  it('is invalidated by scope or pattern, cleared and cleaned up by operators', async () => {
    const bench = await started();
    await bench.ask();
    expect(await bench.cache.invalidate('disc*')).toEqual({ scopes: ['discoveries'] });
    expect(bench.cache.peek(ASKED)).toBeNull();
    expect((await bench.ask({ staleWhileRevalidate: true })).verdict).toBe('miss');
    await expect(bench.cache.invalidate('nothing*')).rejects.toMatchObject({ code: 'scope-unknown' });
    bench.truth.move();
    bench.tellAll();
    expect(bench.cache.figures()).toMatchObject({ entries: 1, active: 0 });
    expect(bench.cache.cleanup()).toMatchObject({ removedEntries: 1 });
    await bench.ask();
    expect(bench.cache.figures()).toMatchObject({ entries: 1, active: 1 });
    expect(await bench.cache.clear()).toEqual({ scopes: ['discoveries', 'ingestions'], removedEntries: 1 });
    await bench.cache.stop();
  });

  it('counts per scope and tier, and tells the metrics the same', async () => {
    const bench = await started();
    await bench.ask();
    await bench.ask();
    bench.cache.peek(ASKED);
    await bench.ask({ bypass: true });
    expect(bench.cache.figures()).toEqual({ entries: 1, active: 1, hits: 2, misses: 1, hitRate: 66.67, bytes: expect.any(Number) });
    const stats = await bench.cache.stats();
    expect(stats).toMatchObject({ requests: 4, hitRate: 0.6667, bypassed: 1, breaker: 'absent', l2: null });
    expect(stats.l1).toMatchObject({ requests: 3, hits: 2, misses: 1, entries: 1 });
    expect(stats.scopes.discoveries).toMatchObject({ requests: 4, 'hit-l1': 2, miss: 1, bypass: 1, hitRate: 0.6667, entries: 1 });
    expect(stats.scopes.ingestions).toMatchObject({ requests: 0, hitRate: null });
    const text = await bench.metrics.registry.metrics();
    expect(text).toContain('cache_hits_total{tier="l1",scope="discoveries"} 2');
    expect(text).toContain('cache_misses_total{scope="discoveries"} 2');
    await bench.clock.advance(1000);
    expect(await bench.metrics.registry.metrics()).toMatch(/cache_size 1\ncache_size_bytes [1-9]|cache_size 1\n/);
    await bench.cache.stop();
  });

  it('times the barrier by Postgres’s clock, only where a completion moved the counter', async () => {
    const bench = await started({ postgresNowMs: () => Promise.resolve(70_007) });
    bench.truth.move();
    bench.tellAll();
    bench.truth.move(70_000);
    bench.tellAll();
    await settled();
    const text = await bench.metrics.registry.metrics();
    expect(text).toContain('harvest_ingestion_barrier_seconds_count 1');
    expect(text).toContain('harvest_ingestion_barrier_seconds_sum 0.007');
    await bench.cache.stop();
  });

  it('keeps a failover’s counters apart: bypasses until a poll has told of the new epoch', async () => {
    const bench = await started();
    await bench.ask();
    bench.truth.failOver();
    bench.pollFails = true;
    bench.tellAll();
    await settled();
    expect((await bench.ask()).verdict).toBe('bypass');
    bench.pollFails = false;
    await bench.clock.advance(1000);
    expect((await bench.ask()).verdict).toBe('miss');
    expect((await bench.ask()).verdict).toBe('hit-l1');
    await bench.cache.stop();
  });
});

/** A load that ends when the test says so. */
function hold() {
  let end: (state: Parameters<typeof answerFrom>[0]) => void = () => undefined;
  const loaded = new Promise<LoadedAnswer>((resolve) => {
    end = (state) => resolve(answerFrom(state));
  });
  return { load: () => loaded, end: (state: Parameters<typeof answerFrom>[0]) => end(state) };
}
