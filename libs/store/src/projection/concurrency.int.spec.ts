import { systemClock, toOffset } from '@harvest/kernel';
import type { Claim } from '@harvest/read-models';
import type { Store } from '@harvest/store';
import { createTestStore, handChunk, type HandEvent, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { WRITER_PLANNING } from '../connection/pools';
import { generationStatements } from './generation-statements';

let test: TestStore;
let sql: Client;
let partition = 0;

beforeAll(async () => {
  test = await createTestStore();
  sql = new Client({ connectionString: test.database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await test.close();
});

/** Applies chunks to one partition, one after another. */
class Lane {
  private constructor(
    private readonly store: Store,
    private readonly claim: Claim,
    private next = claim.nextOffset as bigint,
  ) {}

  static async open(family: 'artifacts' | 'scores', store = test.store): Promise<Lane> {
    partition += 1;
    const at = { topic: `${test.topicPrefix}${family}.v1`, partition, firstOffset: toOffset(0), partitionCount: 1000 };
    await store.projections.ensureCheckpoints(test.generation, [at]);
    return new Lane(store, await store.projections.claim(test.generation, at, 'test'));
  }

  async apply(events: readonly HandEvent[]): Promise<void> {
    const outcome = await this.store.projections.apply(
      handChunk({ ...this.claim, generation: test.generation, fromOffset: this.next, events }),
    );
    if (outcome.kind !== 'applied') throw new Error(`not applied but ${outcome.kind}`);
    this.next += BigInt(events.length);
  }
}

const one = async (text: string, values: unknown[] = []) => (await sql.query(text, values)).rows[0] as Record<string, number>;
/** What the counts say of a source, and what the rows say. */
async function countsAndTruth(source: string) {
  const counts = await one('SELECT artifacts::int, discoveries::int FROM read_1.count_by_kind WHERE source = $1', [source]);
  const days = await one(
    'SELECT sum(artifacts)::int AS artifacts, sum(discoveries)::int AS discoveries FROM read_1.count_by_day WHERE source = $1',
    [source],
  );
  const truth = await one(
    `SELECT count(*)::int AS artifacts, (count(*) FILTER (WHERE visible))::int AS discoveries FROM read_1.discovery WHERE source = $1`,
    [source],
  );
  return { counts, days, truth };
}
/** What the figures of topics say, in all and per day, and what the memberships and rows say. */
async function entitiesAndTruth(pattern: string) {
  const sums = `sum(artifacts)::int AS artifacts, sum(discoveries)::int AS discoveries, sum(score)::int AS score`;
  const figures = async (from: string) =>
    (
      await sql.query(
        `SELECT entity_id, ${sums} FROM (${from}) AS f WHERE entity_id LIKE $1 GROUP BY 1 HAVING sum(artifacts) > 0 ORDER BY 1`,
        [pattern],
      )
    ).rows as object[];
  const truth = await figures(`SELECT m.entity_id, 1 AS artifacts, d.visible::int AS discoveries,
    CASE WHEN d.visible THEN d.discovery_score ELSE 0 END AS score
    FROM read_1.artifact_entity AS m JOIN read_1.discovery AS d ON d.artifact_id = m.artifact_id AND d.published_ms = m.published_ms`);
  return { kept: await figures('SELECT entity_id, artifacts, discoveries, score_sum AS score FROM read_1.entity_figures'), truth };
}
async function topicsAndTruth(pattern: string) {
  const figures = async (from: string) =>
    (
      await sql.query(
        `SELECT topic_id, sum(artifacts)::int AS artifacts, sum(discoveries)::int AS discoveries, sum(score)::int AS score
        FROM (${from}) AS f WHERE topic_id LIKE $1 GROUP BY topic_id HAVING sum(artifacts) > 0 ORDER BY topic_id`,
        [pattern],
      )
    ).rows as object[];
  const kept = (table: string) => figures(`SELECT topic_id, artifacts, discoveries, score_sum AS score FROM read_1.${table}`);
  const truth = await figures(`SELECT m.topic_id, 1 AS artifacts, d.visible::int AS discoveries,
    CASE WHEN d.visible THEN d.discovery_score ELSE 0 END AS score
    FROM read_1.artifact_topic AS m JOIN read_1.discovery AS d ON d.artifact_id = m.artifact_id AND d.published_ms = m.published_ms`);
  return { all: await kept('topic_figures'), days: await kept('topic_day'), truth };
}
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const copy = [...items];
  let state = seed + 1;
  for (let index = copy.length - 1; index > 0; index -= 1) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const other = state % (index + 1);
    [copy[index], copy[other]] = [copy[other]!, copy[index]!];
  }
  return copy;
}

describe('two halves, one row', () => {
  it('write skew: an artifact and its score written at the same moment count as one discovery, whoever commits first', async () => {
    const artifacts = await Lane.open('artifacts');
    const scores = await Lane.open('scores');
    const rounds = 60;
    for (let round = 0; round < rounds; round += 1) {
      const ids = Array.from({ length: 20 }, (_, index) => `skew:${round}:${index}`);
      const observe = () => artifacts.apply(ids.map((id) => ({ id, title: 't', source: 'skew' })));
      const score = () => scores.apply(ids.map((id) => ({ id, score: 50 })));
      const delayed = async (work: () => Promise<void>) => {
        await systemClock.sleep(round % 4);
        await work();
      };
      await Promise.all(round % 2 === 0 ? [observe(), delayed(score)] : [score(), delayed(observe)]);
    }
    const { counts, days, truth } = await countsAndTruth('skew');
    expect(truth).toEqual({ artifacts: rounds * 20, discoveries: rounds * 20 });
    expect(counts).toEqual(truth);
    expect(days).toEqual(truth);
  });

  it('write skew on known rows: an observation again and a score again keep the counts exact', async () => {
    const artifacts = await Lane.open('artifacts');
    const scores = await Lane.open('scores');
    const ids = Array.from({ length: 30 }, (_, index) => `again:${index}`);
    await artifacts.apply(ids.map((id) => ({ id, title: '0', source: 'again0' })));
    for (let round = 1; round <= 40; round += 1) {
      const source = `again${round % 2}`;
      await Promise.all([
        artifacts.apply(ids.map((id) => ({ id, title: String(round), source, topics: ['again-x', `again-${round % 3}`] }))),
        scores.apply(ids.map((id) => ({ id, score: round }))),
      ]);
    }
    for (const source of ['again0', 'again1']) {
      const { counts, truth } = await countsAndTruth(source);
      expect(counts).toEqual(truth);
    }
    expect((await countsAndTruth('again0')).truth).toEqual({ artifacts: 30, discoveries: 30 });
    const { all, days, truth } = await topicsAndTruth('name:again-%');
    expect(truth).toEqual(
      ['1', 'x'].map((name) => ({ topic_id: `name:again-${name}`, artifacts: 30, discoveries: 30, score: 30 * 400_000 })),
    );
    expect([all, days]).toEqual([truth, truth]);
  });

  it('[m] lock, then read: who waited for the row sees what the other half wrote, in the row and in its card', async () => {
    const artifacts = await Lane.open('artifacts');
    const scores = await Lane.open('scores');
    await artifacts.apply([{ id: 'wait:1', title: 'old', source: 'wait' }]);
    const holder = new Client({ connectionString: test.database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`UPDATE read_1.discovery SET source = 'changed while it waited' WHERE artifact_id = 'wait:1'`);
    const waiting = scores.apply([{ id: 'wait:1', score: 9 }]);
    await systemClock.sleep(150);
    await holder.query('COMMIT');
    await waiting;
    await holder.end();
    const row = await sql.query(`SELECT source, visible FROM read_1.discovery WHERE artifact_id = 'wait:1'`);
    expect(row.rows).toEqual([{ source: 'changed while it waited', visible: true }]);
    expect((await countsAndTruth('changed while it waited')).counts).toMatchObject({ discoveries: 1 });
  });

  it('[m] a lock and a read in one statement would have answered from before the wait', async () => {
    const artifacts = await Lane.open('artifacts');
    await artifacts.apply([{ id: 'cte:1', title: 'old', source: 'cte' }]);
    const [holder, waiter] = [new Client({ connectionString: test.database.url }), new Client({ connectionString: test.database.url })];
    await Promise.all([holder.connect(), waiter.connect()]);
    await holder.query('BEGIN');
    await holder.query(`SELECT 1 FROM read_1.discovery WHERE artifact_id = 'cte:1' FOR UPDATE`);
    await holder.query(`UPDATE read_1.artifact_card SET card = 'new' WHERE artifact_id = 'cte:1'`);
    const combined = waiter.query(`WITH l AS MATERIALIZED (SELECT artifact_id FROM read_1.discovery WHERE artifact_id = 'cte:1' FOR UPDATE)
      SELECT c.card FROM l JOIN read_1.artifact_card AS c USING (artifact_id)`);
    await systemClock.sleep(100);
    await holder.query('COMMIT');
    expect((await combined).rows[0].card).not.toBe('new');
    await Promise.all([holder.end(), waiter.end()]);
  });
});

const observation = (id: string, round: number, index: number) => ({
  ...{ id, title: `${round}`, source: `dead${index}` },
  topics: [`dead-${index}`, ...(round % 2 === 0 ? ['dead-b', 'dead-a'] : [])],
  authors: [`dead-${id.length % 3}`, `dead-x${index}`],
});

describe('the order of locks', () => {
  it('overlapping batches in any order of arrival never deadlock: new, known and mixed subjects', async () => {
    const before = Number((await one('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'))['deadlocks']);
    const lanes = await Promise.all([
      Lane.open('artifacts'),
      Lane.open('artifacts', test.another()),
      Lane.open('scores'),
      Lane.open('scores'),
    ]);
    const ids = Array.from({ length: 120 }, (_, index) => `dead:${index}`);
    for (let round = 0; round < 40; round += 1) {
      // Every round brings ten ids that nobody has seen.
      const subjects = [...ids, ...Array.from({ length: 10 }, (_, index) => `dead:${round}:${index}`)];
      await Promise.all(
        lanes.map((lane, index) => {
          const some = shuffled(subjects, round * 7 + index).slice(0, 80);
          return lane.apply(some.map((id) => (index < 2 ? observation(id, round, index) : { id, score: (round + index) % 100 })));
        }),
      );
    }
    await systemClock.sleep(1_100);
    await sql.query('SELECT pg_stat_clear_snapshot()');
    expect(Number((await one('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'))['deadlocks'])).toBe(before);
    const topics = await topicsAndTruth('name:dead-%');
    expect(topics.truth).toHaveLength(4);
    expect([topics.all, topics.days]).toEqual([topics.truth, topics.truth]);
    const entities = await entitiesAndTruth('name:dead-%');
    expect(entities.truth.length).toBeGreaterThan(3);
    expect(entities.kept).toEqual(entities.truth);
    for (const source of ['dead0', 'dead1']) {
      const { counts, days, truth } = await countsAndTruth(source);
      expect(counts).toEqual(truth);
      expect(days).toEqual(truth);
    }
  });

  it('[m] the same batches unsorted do deadlock: the order is what prevents it', async () => {
    const clients = [new Client({ connectionString: test.database.url }), new Client({ connectionString: test.database.url })];
    await Promise.all(clients.map((client) => client.connect()));
    const insert = 'INSERT INTO read_1.discovery (artifact_id, visible, guards) VALUES ($1, false, 0) ON CONFLICT DO NOTHING';
    await Promise.all(clients.map((client) => client.query(`BEGIN; SET LOCAL deadlock_timeout = '50ms'`)));
    await clients[0]!.query(insert, ['unsorted:1']);
    await clients[1]!.query(insert, ['unsorted:2']);
    const crossed = await Promise.allSettled([clients[0]!.query(insert, ['unsorted:2']), clients[1]!.query(insert, ['unsorted:1'])]);
    expect(crossed.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { code: '40P01' } }]);
    await Promise.all(clients.map((client) => client.end()));
  });

  it('counts are held for the commit only: a partition that stands before its counts holds up nobody', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = test.another({ faults: { reach: (point) => (point === 'before-rows' ? held : undefined) } });
    const [first, second] = [await Lane.open('artifacts', slow), await Lane.open('artifacts')];
    const standing = first.apply([{ id: 'stand:1', title: 't', source: 'stand' }]);
    await systemClock.sleep(50);
    await second.apply([{ id: 'stand:2', title: 't', source: 'stand' }]);
    release();
    await standing;
    expect((await countsAndTruth('stand')).counts).toEqual({ artifacts: 2, discoveries: 0 });
  });
});

describe('a projector stopped in mid-transaction', () => {
  it('does not hinder the start of another: known checkpoints are ensured without waiting for who holds them', async () => {
    const at = { topic: `${test.topicPrefix}artifacts.v1`, partition: (partition += 1), firstOffset: toOffset(0), partitionCount: 1000 };
    await test.store.projections.ensureCheckpoints(test.generation, [at]);
    await sql.query('BEGIN');
    await sql.query('UPDATE harvest.checkpoint SET next_offset = 7 WHERE topic = $1 AND partition = $2', [at.topic, at.partition]);
    try {
      // Waiting would end in `store-timeout`.
      await test.store.projections.ensureCheckpoints(test.generation, [at]);
    } finally {
      await sql.query('ROLLBACK');
    }
    expect((await test.store.projections.loadCheckpoints(test.generation)).filter((row) => row.partition === partition)).toHaveLength(1);
  });
});

describe('plans', () => {
  it('stay index look-ups per subject when they are prepared on empty tables, and for all values', async () => {
    const second = await test.store.generations.create([]);
    const client = new Client({ connectionString: test.database.url, options: `${WRITER_PLANNING} -c plan_cache_mode=force_generic_plan` });
    await client.connect();
    const { discovery, card, ingestion } = generationStatements(second);
    for (const { name, text } of [...Object.values(discovery), ...Object.values(card), ...Object.values(ingestion)]) {
      const parameters = new Set(text.match(/\$\d+/g)).size;
      await client.query(`PREPARE ${name} AS ${text}`);
      const { rows } = await client.query(`EXPLAIN EXECUTE ${name} (${Array.from({ length: parameters }, () => 'NULL').join(', ')})`);
      const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
      expect(`${name}: ${plan}`).not.toMatch(/Seq Scan|Hash Join|Merge Join|Bitmap/);
      if (!/insert/i.test(name) && !/upsert/.test(name)) expect(`${name}: ${plan}`).toMatch(/Index (Only )?Scan using \w+_pkey/);
    }
    await client.end();
  });
});
