import { toOffset } from '@harvest/kernel';
import type { NamedQuery } from '@harvest/read-models';
import { ReaderClient } from '../connection/reader-client';
import { createTestStore, handChunk, type TestStore } from '@harvest/testing';

let test: TestStore;
const byId: NamedQuery = {
  name: 'test-by-id',
  dependsOn: ['artifacts', 'scores'],
  text: (schema) =>
    `SELECT artifact_id, published_ms, visible FROM ${schema}.discovery WHERE artifact_id = ANY ($1::text[]) ORDER BY artifact_id DESC`,
};
const count: NamedQuery = {
  name: 'test-count',
  dependsOn: ['artifacts'],
  text: (schema) => `SELECT count(*) AS rows FROM ${schema}.discovery`,
};

beforeAll(async () => {
  test = await createTestStore();
  const topic = `${test.topicPrefix}artifacts.v1`;
  const scores = `${test.topicPrefix}scores.v1`;
  const at = (name: string, partition: number) => ({ topic: name, partition, firstOffset: toOffset(0), partitionCount: 2 });
  const partitions = [at(topic, 0), at(topic, 1), at(scores, 0)];
  await test.store.projections.ensureCheckpoints(test.generation, partitions);
  const claim = await test.store.projections.claim(test.generation, { topic, partition: 1 }, 'test');
  const events = ['a', 'b', 'c'].map((id) => ({ id, title: id }));
  await test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: 0n, events }));
});
afterAll(() => test.close());

describe('the reader', () => {
  it('brings rows in their order with the positions, counters and staleness of the same snapshot', async () => {
    const { rows, snapshot } = await test.store.reader.query(byId, [['a', 'c']]);
    expect(rows).toEqual([
      { artifact_id: 'c', published_ms: '1728000000000', visible: false },
      { artifact_id: 'a', published_ms: '1728000000000', visible: false },
    ]);
    expect(snapshot.positions).toEqual([
      { topic: `${test.topicPrefix}artifacts.v1`, partition: 0, nextOffset: 0n },
      { topic: `${test.topicPrefix}artifacts.v1`, partition: 1, nextOffset: 3n },
      { topic: `${test.topicPrefix}scores.v1`, partition: 0, nextOffset: 0n },
    ]);
    expect(snapshot.freshness).toEqual(await test.store.counters.read());
    expect(snapshot.stalenessMs).toBeNull();
  });

  it('brings the snapshot when there are no rows', async () => {
    const { rows, snapshot } = await test.store.reader.query(byId, [['none']]);
    expect(rows).toEqual([]);
    expect(snapshot.freshness.generation).toBe(1);
    expect(snapshot.positions).toHaveLength(3);
  });

  it('states how far behind the log the rows may be, once every partition was sampled and reached', async () => {
    const { staleness, reader } = test.store;
    const askedMs = await staleness.nowMs();
    const end = (family: string, partition: number, endOffset: number) => ({
      topic: `${test.topicPrefix}${family}.v1`,
      partition,
      endOffset: toOffset(endOffset),
    });
    await staleness.recordEnds(1, askedMs, [end('artifacts', 0, 0), end('artifacts', 1, 3)]);
    const read = async (query: NamedQuery, values: string[][]) => (await reader.query(query, values)).snapshot.stalenessMs;
    expect(await read(count, [])).toBeGreaterThanOrEqual(0);
    expect(await read(count, [])).toBeLessThan(10_000);
    expect(await read(byId, [['a']])).toBeNull();
    await staleness.recordEnds(1, askedMs - 60_000, [end('scores', 0, 0)]);
    expect(await read(byId, [['a']])).toBeGreaterThanOrEqual(60_000);
  });

  it('known-through advances under a steady lag, and stands still when the projector does', async () => {
    const { staleness, reader } = test.store;
    const topic = `${test.topicPrefix}artifacts.v1`;
    const sample = (ms: number, endOffset: number) =>
      staleness.recordEnds(1, ms, [
        { topic, partition: 1, endOffset: toOffset(endOffset) },
        { topic, partition: 0, endOffset: toOffset(0) },
      ]);
    const now = await staleness.nowMs();
    await sample(now + 1_000, 4);
    await sample(now + 2_000, 5);
    const { snapshot: behind } = await reader.query(count, []);
    const claim = await test.store.projections.claim(test.generation, { topic, partition: 1 }, 'test');
    await test.store.projections.apply(
      handChunk({ ...claim, generation: test.generation, fromOffset: 3n, events: [{ id: 'd', title: 'd' }] }),
    );
    await sample(now + 3_000, 6);
    await sample(now + 4_000, 7);
    const known = async () => (await reader.query(count, [])).snapshot.stalenessMs;
    expect(behind.stalenessMs).toBeGreaterThanOrEqual(0);
    expect(await known()).toBe(0);
    await sample(now + 5_000, 8);
    const { snapshot } = await reader.query(
      { ...count, name: 'known', text: () => `SELECT known_through_ms FROM harvest.log_sample WHERE partition = 1` },
      [],
    );
    expect(snapshot).toBeDefined();
    const { rows } = await reader.query(
      { ...count, name: 'known', text: () => `SELECT known_through_ms FROM harvest.log_sample WHERE partition = 1` },
      [],
    );
    expect(rows[0]!['known_through_ms']).toBe(String(now + 1_000));
  });

  it('leaves int8, numeric and json as text and refuses nothing of SqlValue', async () => {
    const types: NamedQuery = {
      name: 'test-types',
      dependsOn: [],
      text: () =>
        `SELECT $1::int8 AS big, $2::numeric AS exact, '{"a":1}'::json AS js, $3::bool AS yes, $4::bytea AS bytes, $5::int4[] AS list, $6::text AS nothing`,
    };
    const { rows } = await test.store.reader.query(types, [9007199254740993n, '1.10', true, Buffer.from([0, 255]), [1, 2], null]);
    expect(rows).toEqual([
      { big: '9007199254740993', exact: '1.10', js: '{"a":1}', yes: true, bytes: Buffer.from([0, 255]), list: [1, 2], nothing: null },
    ]);
  });

  it('a query past its time is `store-timeout`, and the pool serves on', async () => {
    const sleep: NamedQuery = { name: 'test-sleep', dependsOn: [], text: () => 'SELECT pg_sleep(20)::text AS slept' };
    await expect(test.store.reader.query(sleep, [], { timeoutMs: 100 })).rejects.toMatchObject({ code: 'store-timeout', retriable: true });
    expect((await test.store.reader.query(count, [])).rows).toHaveLength(1);
  });

  it('a full pool answers `pool-exhausted` after its wait, and serves on', async () => {
    const small = test.another({ pool: { readers: 1, readersOverflow: 0, waitMs: 200 } });
    const sleep: NamedQuery = { name: 'test-nap', dependsOn: [], text: () => 'SELECT pg_sleep(1)::text AS slept' };
    await small.reader.query(count, []);
    const slow = small.reader.query(sleep, []);
    await expect(small.reader.query(count, [])).rejects.toMatchObject({ code: 'pool-exhausted', retriable: true });
    expect(small.poolStats()).toMatchObject({ size: 1, checkedOut: 1, overflow: 0, total: 1 });
    await slow;
    expect((await small.reader.query(count, [])).rows).toHaveLength(1);
  });

  it('opens the connections that it keeps ahead of the first burst', async () => {
    const ahead = test.another({ pool: { readers: 5, readersOverflow: 2 } });
    await ahead.openReaders();
    expect(ahead.poolStats()).toMatchObject({ total: 5, checkedOut: 0 });
    await ahead.openReaders();
    expect(ahead.poolStats()).toMatchObject({ total: 5, checkedOut: 0 });
  });

  it('plans for the very values when asked, under no name', async () => {
    const { rows } = await test.store.reader.query(byId, [['a']], { plan: 'custom' });
    expect(rows).toHaveLength(1);
  });

  it('streams in one snapshot, from first to last, whatever is written meanwhile', async () => {
    const numbers: NamedQuery = {
      name: 'test-numbers',
      dependsOn: [],
      text: (schema) => `SELECT n, (SELECT count(*) FROM ${schema}.discovery) AS rows FROM generate_series(1, $1::int4) AS n`,
    };
    const topic = `${test.topicPrefix}artifacts.v1`;
    const sizes: number[] = [];
    const counts = new Set<unknown>();
    for await (const rows of test.store.reader.stream(numbers, [2_500], 1_000)) {
      sizes.push(rows.length);
      for (const row of rows) counts.add(row['rows']);
      const claim = await test.store.projections.claim(test.generation, { topic, partition: 0 }, 'test');
      const events = [{ id: `s${sizes.length}`, title: 's' }];
      await test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: claim.nextOffset, events }));
    }
    expect(sizes).toEqual([1_000, 1_000, 500]);
    expect(counts.size).toBe(1);
  });

  it('a stream left half-way gives its connection back', async () => {
    const numbers: NamedQuery = { name: 'test-left', dependsOn: [], text: () => `SELECT n FROM generate_series(1, 100000) AS n` };
    for await (const rows of test.store.reader.stream(numbers, [], 10)) {
      expect(rows).toHaveLength(10);
      break;
    }
    expect(test.store.poolStats().checkedOut).toBe(0);
  });
});

describe('long values', () => {
  const long = 'é日'.repeat(2_000);
  const texts = (name: string, bytes?: readonly string[]): NamedQuery => ({
    ...{
      name,
      dependsOn: [],
      text: () => `SELECT $1::text AS long, 'short é'::text AS short, NULL::text AS none, convert_to($1::text, 'UTF8') AS binary`,
    },
    ...(bytes && { bytes }),
  });

  it('come as bytes where the query wants bytes, short ones and nulls too, and as text everywhere else', async () => {
    const { rows } = await test.store.reader.query(texts('test-bytes', ['long', 'short', 'none']), [long]);
    expect(rows).toEqual([{ long: Buffer.from(long), short: Buffer.from('short é'), none: null, binary: Buffer.from(long) }]);
    const plain = await test.store.reader.query(texts('test-texts'), [long]);
    expect(plain.rows).toEqual([{ long, short: 'short é', none: null, binary: Buffer.from(long) }]);
    for await (const streamed of test.store.reader.stream(texts('test-streamed'), [long], 10)) expect(streamed).toEqual(plain.rows);
  });

  it('are bytes from the socket on: pg makes no string of them', async () => {
    const client = new ReaderClient({ connectionString: test.database.url });
    await client.connect();
    const seen: unknown[] = [];
    const types = { getTypeParser: () => (value: unknown) => seen.push(value) };
    await client.query({ text: `SELECT repeat('x', 5000), repeat('x', 50)`, types });
    await client.end();
    expect(seen).toEqual([Buffer.from('x'.repeat(5_000)), 'x'.repeat(50)]);
  });
});

describe('an unmigrated database', () => {
  it('is a coded error that names the command', async () => {
    const { createTestDatabase } = await import('@harvest/testing');
    const empty = await createTestDatabase();
    const store = test.another({ databaseUrl: empty.url });
    const expected = { code: 'database-not-migrated', message: expect.stringContaining('harvest db migrate') };
    await expect(store.reader.query(count, [])).rejects.toMatchObject(expected);
    await expect(store.counters.read()).rejects.toMatchObject(expected);
    await expect(store.migrator.assertMigrated()).rejects.toMatchObject(expected);
    await expect(store.projections.loadCheckpoints(test.generation)).rejects.toMatchObject(expected);
    await store.close();
    await empty.drop();
  });
});
