import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics, silentLogger } from '@harvest/observability';
import type { AnswerRequest, LoadedAnswer, SqlReader } from '@harvest/read-models';
import { createTestStore, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { createAnswerCache, type ManagedAnswerCache } from './create-answer-cache';
import { seededRandom } from './testing/random';

const ASKED: AnswerRequest = { scope: 'discoveries', key: 'the sum', staleWhileRevalidate: false, bypass: false };
const SUM = {
  name: 'sum-of-counts',
  dependsOn: ['artifacts'] as const,
  text: (schema: string) => `SELECT coalesce(sum(k.discoveries), 0)::text AS total FROM ${schema}.count_by_kind AS k`,
};

/** Two processes on one real Postgres: its counters, its notices, its snapshots. */
describe('the cache on the counters of Postgres', () => {
  let test: TestStore;
  let client: Client;
  let caches: readonly ManagedAnswerCache[];
  const metrics = createMetrics();

  beforeAll(async () => {
    test = await createTestStore();
    client = new Client({ connectionString: test.database.url });
    await client.connect();
    await client.query(`INSERT INTO read_1.count_by_kind (source, artifact_type, artifacts, discoveries) VALUES ('a', 'paper', 0, 0)`);
    const { counters, changes, staleness } = test.store;
    const open = (ports: Pick<typeof test.store, 'counters' | 'changes'>) =>
      createAnswerCache({ ...ports, redisUrl: null, logger: silentLogger, metrics, postgresNowMs: () => staleness.nowMs() });
    caches = [open({ counters, changes }), open(test.another())];
    for (const cache of caches) await cache.start();
  });

  afterAll(async () => {
    for (const cache of caches ?? []) await cache.stop();
    await client?.end();
    await test?.close();
  });

  const read = async (cache: ManagedAnswerCache, heldOpenMs = 0) => {
    const { answer, verdict } = await cache.get(ASKED, () => load(test.store.reader, heldOpenMs));
    return { total: Number(answer.body.toString()), verdict };
  };
  /** As the completion of an ingestion does, but tells nobody: rows and counter in one transaction. */
  const writeAndMove = async () => {
    await client.query('BEGIN');
    await client.query('UPDATE read_1.count_by_kind SET discoveries = discoveries + 1');
    await client.query(`UPDATE harvest.cache_counter SET value = value + 1 WHERE scope = 'discoveries'`);
    await client.query('COMMIT');
  };

  it('serves fresh answers in every process within milliseconds of a move, told by NOTIFY', async () => {
    for (const cache of caches) await read(cache);
    expect((await read(caches[1]!)).verdict).toBe('hit-l1');
    await test.store.counters.move(['discoveries']);
    const beganMs = performance.now();
    while (caches[1]!.peek(ASKED) !== null) await sleep(1);
    // The poll would need up to a second.
    expect(performance.now() - beganMs).toBeLessThan(500);
  });

  it('learns a move without a notice from its next poll', async () => {
    for (const cache of caches) await read(cache);
    await writeAndMove();
    const beganMs = performance.now();
    while (caches.some((cache) => cache.peek(ASKED) !== null)) await sleep(10);
    expect(performance.now() - beganMs).toBeLessThan(2500);
  });

  it('never keeps a refill of before a move under the counter of after it: 200 seeded races, each checked against the database', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 200; round += 1) {
      const held = caches.map((cache) => read(cache, random() * 4));
      if (random() < 0.5) await sleep(random() * 3);
      await writeAndMove();
      // A reader that already knows the new counter: from here on nothing older may come from memory.
      await test.store.counters.move(['discoveries']);
      await Promise.all(held);
      const { rows } = await client.query<{ discoveries: string }>('SELECT discoveries FROM read_1.count_by_kind');
      for (const cache of caches) await known(cache, test);
      for (const cache of caches) expect((await read(cache)).total).toBe(Number(rows[0]!.discoveries));
    }
  }, 60_000);
});

/** Reads the sum in one snapshot with its counter, and is then held open. */
async function load(reader: SqlReader, heldOpenMs: number): Promise<LoadedAnswer> {
  const { rows, snapshot } = await reader.query(SUM, []);
  const counter = snapshot.freshness.counters.find(({ scope }) => scope === 'discoveries')!;
  await sleep(heldOpenMs);
  const answer = { body: Buffer.from(String(rows[0]!['total'])), etag: '""', position: '', stalenessMs: 0, storedMs: Date.now() };
  return { answer, generation: snapshot.freshness.generation, counterEpoch: counter.epoch, counterValue: counter.value };
}

/** Waits until this process has heard of the counter that the database stands at. */
async function known(cache: ManagedAnswerCache, { store }: TestStore): Promise<void> {
  const { counters } = await store.counters.read();
  const { epoch, value } = counters.find(({ scope }) => scope === 'discoveries')!;
  while (cache.freshness().counters['discoveries'] !== `${epoch}:${value}`) await sleep(1);
}
