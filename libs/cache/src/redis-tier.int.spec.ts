import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@harvest/kernel';
import { decodeEntry } from './entry-codec';
import { RedisLink } from './redis-link';
import { FIND_OR_LEASE, STORE, TELL } from './redis-scripts';
import { CacheBench } from './testing/cache-bench';
import { PrivateRedis } from './testing/private-redis';
import { seededRandom } from './testing/random';
import { answerFrom, stateIn, type Truth } from './testing/truth';

const silent = { logger: { debug() {}, info() {}, warn() {}, error() {}, child: () => silent.logger } };

const COMMAND_TIMEOUT_MS = 50;
/** What a read may cost, beyond a timer of one command's timeout set at the same moment, while Redis is in trouble for the first time. */
const FIRST_SLACK_MS = 100;
/** What most reads cost from then on: they ask Redis nothing. */
const NEXT_MS = 5;
/** Where a slow machine must not look like a frozen Redis. */
const PATIENT = { commandTimeoutMs: 2000 };

describe('the tier on Redis', () => {
  let redis: PrivateRedis;
  const benches: CacheBench[] = [];

  beforeAll(async () => {
    redis = await PrivateRedis.start();
  });
  afterEach(async () => {
    for (const bench of benches.splice(0)) await bench.cache.stop();
    redis.thaw();
    await redis.run();
    await redis.client().flushall();
  });
  afterAll(() => redis.stop());

  /** A process on the given database, connected. */
  const process = async (truth?: Truth, options: ConstructorParameters<typeof CacheBench>[0] = {}): Promise<CacheBench> => {
    const bench = new CacheBench({ redisUrl: redis.url, clock: systemClock, ...PATIENT, ...options });
    if (truth) Object.assign(bench, { truth });
    benches.push(bench);
    await bench.cache.start();
    await until(async () => (await bench.cache.stats()).breaker === 'closed');
    return bench;
  };

  it('serves another process the same bytes, and counts their age by Redis’s own clock', async () => {
    const one = await process();
    const two = await process(one.truth);
    const { answer } = await one.ask();
    await until(async () => (await redis.client().keys('*answer*')).length === 1);
    await sleep(120);
    const served = await two.ask();
    expect(served.verdict).toBe('hit-l2');
    expect(served.answer).toMatchObject({ body: answer.body, etag: answer.etag, position: answer.position });
    expect(served.answer.stalenessMs).toBeGreaterThanOrEqual(100);
    expect(served.answer.stalenessMs).toBeLessThan(2000);
    expect((await two.ask()).verdict).toBe('hit-l1');
    expect((await two.cache.stats()).l2).toMatchObject({ hits: 1, breaker: 'closed' });
  });

  it('refuses a late write: only a counter that is not older than the known one is stored under', async () => {
    const link = await connected(redis.url);
    const store = (value: string) => link.run(STORE, ['{s}:c', `{s}:e:${value}`, '{s}:l'], [value, Buffer.from('x'), 1000, '']);
    expect(await link.run(TELL, ['{s}:c'], ['9007199254740993'])).toBe(1);
    expect(await store('9007199254740992')).toBe(0);
    expect(await store('9007199254740993')).toBe(1);
    expect(await store('10000000000000000')).toBe(1);
    expect(await store('999')).toBe(0);
    expect(await link.run(TELL, ['{s}:c'], ['9007199254740993'])).toBe(0);
    expect(await redis.client().get('{s}:c')).toBe('10000000000000000');
    await link.stop();
  });

  it('gives a lease to one, and says to the others that it is taken', async () => {
    const link = await connected(redis.url);
    const ask = (token: string) => link.run(FIND_OR_LEASE, ['{s}:e', '{s}:l'], [token, 500]);
    expect(await ask('mine')).toEqual([Buffer.alloc(0), 1]);
    expect(await ask('yours')).toEqual([Buffer.alloc(0), 0]);
    expect(await redis.client().pttl('{s}:l')).toBeLessThanOrEqual(500);
    await link.stop();
  });

  it('makes a cold answer once in the fleet: 2,000 requests in each of two processes', async () => {
    const one = await process();
    const two = await process(one.truth);
    const slowly = (bench: CacheBench) => async () => {
      await sleep(30);
      return bench.load();
    };
    const crowd = (bench: CacheBench) => Array.from({ length: 2000 }, () => bench.ask({}, slowly(bench)));
    await Promise.all([...crowd(one), ...crowd(two)]);
    expect(one.loads + two.loads).toBe(1);
  });

  it('does not wait for a process that died with the lease', async () => {
    const one = await process();
    const two = await process(one.truth);
    void one.ask({}, () => new Promise(() => undefined)).catch(() => undefined);
    await until(async () => (await redis.client().keys('*lease*')).length === 1);
    const beganMs = performance.now();
    expect((await two.ask()).verdict).toBe('miss');
    // 200 ms of waiting, then its own load: never the lease's two seconds.
    expect(performance.now() - beganMs).toBeLessThan(1000);
  });

  it('takes FLUSHALL for misses, and brings no old answer back to life', async () => {
    const one = await process();
    await one.ask();
    one.truth.move();
    one.tellAll();
    await redis.client().flushall();
    const two = await process(one.truth);
    const served = await two.ask();
    expect(served.verdict).toBe('miss');
    expect(stateIn(served.answer.body).value).toBe(11n);
    expect(stateIn((await one.ask()).answer.body).value).toBe(11n);
  });

  it('takes a full server for a miss, without a failed read and with the breaker closed', async () => {
    const bench = await process();
    const client = redis.client();
    await client.config('SET', 'maxmemory', '1');
    try {
      for (let index = 0; index < 20; index += 1) expect((await bench.ask({ key: `full ${index}` })).verdict).toBe('miss');
      await until(async () => ((await bench.cache.stats()).l2?.errors ?? 0) > 0);
      expect((await bench.cache.stats()).breaker).toBe('closed');
    } finally {
      await client.config('SET', 'maxmemory', '0');
    }
  });

  it('frozen: no read fails, the first waits for one command’s timeout, the next for nothing; thawed, it is used again', async () => {
    const bench = await process(undefined, { commandTimeoutMs: COMMAND_TIMEOUT_MS });
    redis.freeze();
    const asked = Array.from({ length: 50 }, (_, index) => timed(() => bench.ask({ key: `frozen ${index}` })));
    const [timer, ...first] = await Promise.all([timed(() => sleep(COMMAND_TIMEOUT_MS)), ...asked]);
    expect(Math.max(...first) - (timer ?? 0)).toBeLessThan(FIRST_SLACK_MS);
    const { errors } = (await bench.cache.stats()).l2!;
    const next: number[] = [];
    for (let index = 0; index < 200; index += 1) next.push(await timed(() => bench.ask({ key: `still frozen ${index}` })));
    expect(percentile(next, 0.9)).toBeLessThan(NEXT_MS);
    expect((await bench.cache.stats()).l2).toMatchObject({ errors, breaker: 'open' });
    expect(bench.loads).toBe(250);
    redis.thaw();
    await until(async () => (await bench.cache.stats()).breaker === 'closed');
    await bench.ask({ key: 'thawed' });
    await until(async () => (await redis.client().keys('*thawed')).length === 1);
  });

  it('frozen while idle: the pings find it out before a read does', async () => {
    const bench = await process(undefined, { commandTimeoutMs: COMMAND_TIMEOUT_MS });
    redis.freeze();
    await until(async () => (await bench.metrics.cacheBreakerOpen.get()).values[0]?.value === 1);
    expect((await bench.ask({ key: 'idle' })).verdict).toBe('miss');
    expect((await bench.cache.stats()).l2).toMatchObject({ errors: 0, unavailable: 1 });
  });

  it('what it was told while frozen and does when it wakes lands under dead keys', async () => {
    const one = await process(undefined, { commandTimeoutMs: COMMAND_TIMEOUT_MS });
    await one.ask({ key: 'before' });
    redis.freeze();
    await one.ask();
    one.truth.move();
    one.tellAll();
    redis.thaw();
    await until(async () => (await one.cache.stats()).breaker === 'closed');
    const two = await process(one.truth);
    expect(stateIn((await two.ask()).answer.body).value).toBe(11n);
  });

  it('killed: no read fails or waits; started again, it is used again', async () => {
    const bench = await process(undefined, { commandTimeoutMs: COMMAND_TIMEOUT_MS });
    await bench.ask({ key: 'alive' });
    await redis.kill();
    const [timer, first] = await Promise.all([timed(() => sleep(COMMAND_TIMEOUT_MS)), timed(() => bench.ask({ key: 'dead' }))]);
    expect(first - timer).toBeLessThan(FIRST_SLACK_MS);
    const next: number[] = [];
    for (let index = 0; index < 200; index += 1) next.push(await timed(() => bench.ask({ key: `dead ${index}` })));
    expect(percentile(next, 0.9)).toBeLessThan(NEXT_MS);
    await redis.run();
    await until(async () => (await bench.cache.stats()).breaker === 'closed');
    await bench.ask({ key: 'risen' });
    await until(async () => (await redis.client().keys('*risen')).length === 1);
  });

  it('never there: the cache starts, serves from memory, and no error goes unheard', async () => {
    const bench = new CacheBench({ redisUrl: 'redis://127.0.0.1:1', clock: systemClock });
    benches.push(bench);
    await bench.cache.start();
    expect((await bench.ask()).verdict).toBe('miss');
    expect((await bench.ask()).verdict).toBe('hit-l1');
    expect(await bench.cache.stats()).toMatchObject({ breaker: 'open', l2: { entries: null, stored: 0 } });
  });

  it('keeps every answer under the very counter it was read under: 300 seeded steps of two processes', async () => {
    const one = await process();
    const two = await process(one.truth);
    const flying = await race([one, two], 300, seededRandom(20_261_125));
    await Promise.all(flying);
    await sleep(50);
    const client = redis.client();
    const keys = await client.keys('*:answer:*');
    expect(keys.length).toBeGreaterThan(20);
    for (const key of keys) {
      const [, epoch, generation, value] = /discoveries:(\w+):(\d+):(\d+):k\d$/.exec(key) ?? [];
      const state = stateIn(decodeEntry((await client.getBuffer(key))!, 0, 0)!.body);
      expect([state.epoch, String(state.generation), String(state.value)]).toEqual([epoch, generation, value]);
    }
  });
});

/** Moves, notices of which one in five is lost, and requests whose refills end late: whatever the seed says. */
async function race(benches: readonly CacheBench[], steps: number, random: () => number): Promise<readonly Promise<unknown>[]> {
  const { truth } = benches[0]!;
  const flying: Promise<unknown>[] = [];
  for (let step = 0; step < steps; step += 1) {
    const bench = benches[Math.floor(random() * benches.length)]!;
    const dice = random();
    if (dice < 0.2) truth.move();
    else if (dice < 0.35) tellSome(benches, random);
    else flying.push(bench.ask({ key: `k${Math.floor(random() * 5)}` }, () => heldOpen(truth, random() * 8)));
    if (random() < 0.3) await sleep(1);
  }
  return flying;
}

function tellSome(benches: readonly CacheBench[], random: () => number): void {
  const told = benches[0]!.truth.announced.splice(0).flatMap((notice) => benches.map((bench) => ({ notice, bench })));
  for (const { notice, bench } of told.filter(() => random() < 0.8)) bench.tell(notice);
}

/** A refill that reads its snapshot at once and ends later. */
async function heldOpen(truth: Truth, ms: number) {
  const loaded = answerFrom(truth.now);
  await sleep(ms);
  return loaded;
}

async function connected(url: string): Promise<RedisLink> {
  const link = new RedisLink({ url, commandTimeoutMs: 500, pingMs: 500, logger: silent.logger, onBreaker: () => undefined });
  link.start();
  await until(() => Promise.resolve(link.breakerState === 'closed'));
  return link;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + 15_000;
  while (!(await holds())) {
    if (Date.now() > untilMs) throw new Error(`not within 15 s: ${holds.toString()}`);
    await sleep(10);
  }
}
