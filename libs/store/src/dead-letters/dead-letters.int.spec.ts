import { toOffset } from '@harvest/kernel';
import type { DeadLetter, DeadLetterFilter, RedrivePlanner } from '@harvest/read-models';
import { createTestStore, handBatch, handChunk, type HandEvent, type TestStore } from '@harvest/testing';
import { Client } from 'pg';

let test: TestStore;
let sql: Client;
let topic: string;
let partition = 0;

beforeAll(async () => {
  test = await createTestStore();
  topic = `${test.topicPrefix}artifacts.v1`;
  sql = new Client({ connectionString: test.database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await test.close();
});
beforeEach(async () => {
  partition += 1;
  await test.store.projections.ensureCheckpoints(test.generation, [{ topic, partition, firstOffset: toOffset(0), partitionCount: 100 }]);
});

async function apply(events: readonly HandEvent[]) {
  const claim = await test.store.projections.claim(test.generation, { topic, partition }, 'test');
  return test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: claim.nextOffset, events }));
}
const key = (id: string) => ({ generation: 1, topic, partition, key: Buffer.from(id) });
/** Today's decoder takes every record, or all but those whose title is `stays`. */
const planner: RedrivePlanner = {
  plan(queue) {
    const events = queue.map((letter) => ({
      event: { ...(JSON.parse(letter.value!.toString()) as HandEvent) },
      offset: letter.offset as bigint,
    }));
    const stop = events.findIndex(({ event }) => event.title === 'stays');
    const drained = stop === -1 ? queue.length : stop;
    const artifacts = handBatch(events.slice(0, drained), partition);
    return { artifacts, ingestions: null, deadLetters: [], newlyParked: [], ignored: 0, drained };
  },
};
const card = async (id: string) =>
  (await sql.query('SELECT card FROM read_1.artifact_card WHERE artifact_id = $1', [id])).rows[0]?.card as string | undefined;
const parkedCount = async () =>
  (
    await sql.query(
      'SELECT parked_keys AS kept, (SELECT count(*)::int FROM harvest.parked_key p WHERE p.topic = c.topic AND p.partition = c.partition) AS real FROM harvest.checkpoint c WHERE topic = $1 AND partition = $2',
      [topic, partition],
    )
  ).rows[0] as { kept: number; real: number };
const poison = (id: string, title = 'bad') => ({ id, title, poison: true });
const listOf = (id: string) => test.store.deadLetters.list({ topic, key: Buffer.from(id) }, 100);

describe('poison', () => {
  it('parks its key: later events wait in order, others run on, and the checkpoint knows how many', async () => {
    const outcome = await apply([poison('k1'), { id: 'k1', title: 'waits' }, { id: 'k2', title: 'runs' }]);
    expect(outcome).toMatchObject({ kind: 'applied', parkedKeys: 1, outcomes: { projected: 1, parked: 1, deadLettered: 1 } });
    const later = await apply([
      { id: 'k1', title: 'waits too' },
      { id: 'k3', title: 'runs' },
    ]);
    expect(later).toMatchObject({ kind: 'applied', parkedKeys: 1, outcomes: { projected: 1, parked: 1, deadLettered: 0 } });
    expect(await card('k1')).toBeUndefined();
    expect(await card('k3')).toBeDefined();
    expect((await listOf('k1')).map(({ offset, kind }) => [offset, kind])).toEqual([
      [0n, 'poison'],
      [1n, 'waiting'],
      [3n, 'waiting'],
    ]);
    expect(await parkedCount()).toEqual({ kept: 1, real: 1 });
    expect(await test.store.deadLetters.parkedKeys({ topic, key: Buffer.from('k1') }, 10)).toMatchObject([{ partition, waiting: 2 }]);
    expect(await test.store.deadLetters.groups({ topic, key: Buffer.from('k1') })).toMatchObject([
      { code: 'key-parked', poison: 0, waiting: 2 },
      { code: 'payload-invalid', poison: 1, waiting: 0 },
    ]);
  });

  it('is met by a process that believes nothing is parked: the fence says otherwise', async () => {
    const other = test.another();
    await other.projections.apply(
      handChunk({
        ...(await test.store.projections.claim(test.generation, { topic, partition }, 'a')),
        generation: test.generation,
        fromOffset: 0n,
        events: [{ id: 'n0', title: 'x' }],
      }),
    );
    const claim = await test.store.projections.claim(test.generation, { topic, partition }, 'b');
    await test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: 1n, events: [poison('n1')] }));
    const chunk = handChunk({
      ...claim,
      generation: test.generation,
      fromOffset: 2n,
      events: [
        { id: 'n1', title: 'waits' },
        { id: 'n2', title: 'x' },
      ],
    });
    expect(await other.projections.apply(chunk)).toMatchObject({ outcomes: { parked: 1, projected: 1 } });
    expect(await card('n1')).toBeUndefined();
  });

  it('keeps bytes as they were and words printable', async () => {
    await apply([poison('bytes')]);
    const [letter] = await listOf('bytes');
    expect(letter).toMatchObject({
      code: 'payload-invalid',
      path: 'payload',
      reason: 'a test\ufffd says so \ufffd',
      headers: { ce_type: Buffer.from('test') },
    });
    expect(JSON.parse(letter!.value!.toString())).toEqual(poison('bytes'));
    expect(await test.store.deadLetters.get(letter!.id)).toEqual(letter);
  });
});

describe('redrive', () => {
  it('is of those keys that have something queued of the code, topic, key and ids that are asked for', async () => {
    await apply([poison('f1'), { id: 'f1', title: 'waits' }, poison('f2'), poison('f3')]);
    await sql.query(`UPDATE harvest.dead_letter SET code = 'invalid-json' WHERE key IN ('f2', 'f3')`);
    const parked = async (filter: DeadLetterFilter) =>
      (await test.store.deadLetters.parkedKeys({ topic, ...filter }, 100))
        .filter((parkedKey) => parkedKey.partition === partition)
        .map((parkedKey) => parkedKey.key.toString());
    const [second] = (await listOf('f2')) as [DeadLetter];
    await expect(parked({})).resolves.toEqual(['f1', 'f2', 'f3']);
    await expect(parked({ code: 'invalid-json' })).resolves.toEqual(['f2', 'f3']);
    await expect(parked({ code: 'payload-invalid' })).resolves.toEqual(['f1']);
    await expect(parked({ code: 'invalid-json', key: Buffer.from('f3') })).resolves.toEqual(['f3']);
    await expect(parked({ code: 'payload-invalid', key: Buffer.from('f3') })).resolves.toEqual([]);
    await expect(parked({ ids: [second.id] })).resolves.toEqual(['f2']);
    await expect(parked({ topic: 'another', code: 'invalid-json' })).resolves.toEqual([]);
  });

  it('drains a key in order and releases it', async () => {
    await apply([poison('r1', 'first'), { id: 'r1', title: 'second' }]);
    expect(await test.store.deadLetters.redriveKey(key('r1'), planner)).toEqual({ drained: 2, remaining: 0 });
    expect(await card('r1')).toContain('second');
    expect(await listOf('r1')).toEqual([]);
    expect(await parkedCount()).toEqual({ kept: 0, real: 0 });
    expect(await apply([{ id: 'r1', title: 'third' }])).toMatchObject({ parkedKeys: 0, outcomes: { projected: 1 } });
  });

  it('stops at the first record that is still poison, which becomes the poison of its key', async () => {
    await apply([poison('r2', 'goes'), { id: 'r2', title: 'stays' }, { id: 'r2', title: 'behind' }]);
    expect(await test.store.deadLetters.redriveKey(key('r2'), planner)).toEqual({ drained: 1, remaining: 2 });
    expect((await listOf('r2')).map(({ kind }) => kind)).toEqual(['poison', 'waiting']);
    expect(await parkedCount()).toEqual({ kept: 1, real: 1 });
    expect(await card('r2')).toContain('goes');
  });

  it('and live batches of the same key cannot pass each other', async () => {
    let next = 0;
    for (let round = 0; round < 15; round += 1) {
      const id = `race${round}`;
      await apply([poison(id, '0')]);
      next = 1;
      const live = (async () => {
        for (let batch = 0; batch < 5; batch += 1) await apply([{ id, title: String(next++) }]);
      })();
      const redrive = test.store.deadLetters.redriveKey(key(id), planner);
      await Promise.all([live, redrive]);
      if ((await listOf(id)).length > 0) await test.store.deadLetters.redriveKey(key(id), planner);
      expect(await card(id)).toContain('"title":"5"');
      expect(await parkedCount()).toEqual({ kept: 0, real: 0 });
    }
  });
});

describe('discard', () => {
  it('gives the poison up in every reader’s eyes: a correction, an audit entry, and the key when nothing waits', async () => {
    await apply([poison('d1')]);
    const [letter] = (await listOf('d1')) as [DeadLetter];
    await test.store.deadLetters.discard(letter.id, 'hopeless');
    expect(await test.store.corrections.list()).toContainEqual({ topic, partition, offset: 0n, value: null });
    expect((await sql.query(`SELECT detail FROM harvest.audit WHERE action = 'dead-letter-discarded'`)).rows[0].detail).toContain(
      'hopeless',
    );
    expect(await listOf('d1')).toEqual([]);
    expect(await parkedCount()).toEqual({ kept: 0, real: 0 });
    await expect(test.store.deadLetters.discard(letter.id, 'again')).rejects.toMatchObject({ code: 'dead-letter-unknown' });
  });

  it('leaves what waits to be redriven, and refuses to discard what only waits', async () => {
    await apply([poison('d2'), { id: 'd2', title: 'waits' }]);
    const [first, second] = (await listOf('d2')) as [DeadLetter, DeadLetter];
    await expect(test.store.deadLetters.discard(second.id, 'no')).rejects.toMatchObject({ code: 'dead-letter-waiting' });
    await test.store.deadLetters.discard(first.id, 'hopeless');
    expect(await parkedCount()).toEqual({ kept: 1, real: 1 });
    expect(await test.store.deadLetters.redriveKey(key('d2'), planner)).toEqual({ drained: 1, remaining: 0 });
    expect(await card('d2')).toContain('waits');
  });

  it('is obeyed by a chunk that meets the record again', async () => {
    await sql.query(`INSERT INTO harvest.correction (topic, partition, log_offset, value, reason) VALUES ($1, $2, 0, NULL, 'test')`, [
      topic,
      partition,
    ]);
    expect(await apply([poison('d3'), { id: 'd3', title: 'good' }])).toMatchObject({
      parkedKeys: 0,
      outcomes: { ignored: 1, projected: 1, deadLettered: 0 },
    });
    expect(await card('d3')).toContain('good');
  });

  it('and live batches keep the number of parked keys exact', async () => {
    for (let round = 0; round < 15; round += 1) {
      const id = `dr${round}`;
      await apply([poison(id)]);
      const [letter] = (await listOf(id)) as [DeadLetter];
      await Promise.all([apply([{ id, title: 'live' }]), test.store.deadLetters.discard(letter.id, 'x')]);
      const { kept, real } = await parkedCount();
      expect(kept).toBe(real);
      const waiting = await listOf(id);
      expect(waiting.length).toBe(kept === 0 ? 0 : 1);
      if (waiting.length === 0) expect(await card(id)).toContain('live');
      else await test.store.deadLetters.redriveKey(key(id), planner);
      expect(await card(id)).toContain('live');
      expect(await parkedCount()).toEqual({ kept: 0, real: 0 });
    }
  });
});

describe('relay', () => {
  it('hands over each poison once, whoever relays at the same moment, and again what was refused', async () => {
    await sql.query('UPDATE harvest.dead_letter SET relayed = true');
    await apply([poison('y1'), { id: 'y1', title: 'waits' }, poison('y2'), poison('y3')]);
    await expect(test.store.deadLetters.relay(10, () => Promise.reject(new Error('no log')))).rejects.toThrow('no log');
    const relayed: string[] = [];
    const take = async (letters: readonly DeadLetter[]) => void relayed.push(...letters.map(({ key: bytes }) => bytes!.toString()));
    const other = test.another();
    const counts = await Promise.all([
      test.store.deadLetters.relay(2, take),
      other.deadLetters.relay(2, take),
      other.deadLetters.relay(2, take),
    ]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(relayed.sort()).toEqual(['y1', 'y2', 'y3']);
    expect(await test.store.deadLetters.relay(10, take)).toBe(0);
  });
});
