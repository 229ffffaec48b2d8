import { systemClock, toOffset } from '@harvest/kernel';
import type { ChangeNotice, GenerationRef, NamedQuery } from '@harvest/read-models';
import { createTestStore, handChunk, type TestStore } from '@harvest/testing';

let test: TestStore;
let topic: string;
const count: NamedQuery = {
  name: 'gen-count',
  dependsOn: ['artifacts'],
  text: (schema) => `SELECT count(*) AS rows FROM ${schema}.discovery`,
};

beforeEach(async () => {
  test = await createTestStore();
  topic = `${test.topicPrefix}artifacts.v1`;
});
afterEach(() => test.close());

async function fill(generation: GenerationRef, ids: readonly string[]): Promise<void> {
  await test.store.projections.ensureCheckpoints(generation, [{ topic, partition: 0, firstOffset: toOffset(0), partitionCount: 1 }]);
  const claim = await test.store.projections.claim(generation, { topic, partition: 0 }, 'test');
  const events = ids.map((id) => ({ id, title: id }));
  await test.store.projections.apply(handChunk({ ...claim, generation, fromOffset: claim.nextOffset, events }));
}
const answer = async () => {
  const { rows, snapshot } = await test.store.reader.query(count, []);
  return { rows: Number(rows[0]!['rows']), generation: snapshot.freshness.generation };
};

describe('generations', () => {
  it('the first one answers at once; beside it at most one more lives', async () => {
    const { generations } = test.store;
    expect(await generations.active()).toMatchObject({ generation: 1, schema: 'read_1', state: 'live', active: true });
    const definitions = [{ name: 'discovery', version: 2, fingerprint: 'abc' }];
    expect(await generations.create(definitions)).toMatchObject({ generation: 2, state: 'building', active: false, definitions });
    await expect(generations.create([])).rejects.toMatchObject({ code: 'generation-limit' });
    await generations.acceptDefinitions(2, []);
    expect((await generations.list()).map(({ generation, definitions: kept }) => [generation, kept])).toEqual([
      [1, []],
      [2, []],
    ]);
    expect(await generations.installationId()).toMatch(/^[0-9a-f]{12}$/);
  });

  it('many processes that start together make one first generation', async () => {
    await test.store.migrator.rollback();
    await test.store.migrator.migrate();
    const stores = [test.store, test.another(), test.another()];
    const made = await Promise.all(stores.map((store) => store.generations.ensureFirst([])));
    expect(made.map(({ generation }) => generation)).toEqual([1, 1, 1]);
    expect(await test.store.generations.list()).toHaveLength(1);
  });

  it('activation moves pointer, rows and counters together, and tells everybody', async () => {
    await fill(test.generation, ['a']);
    const second = await test.store.generations.create([]);
    await fill(second, ['a']);
    await fill(second, ['b']);
    expect(await answer()).toEqual({ rows: 1, generation: 1 });
    const notices: ChangeNotice[] = [];
    await test
      .another()
      .changes.subscribe({ onNotice: (notice) => notices.push(notice), onReconnected: jest.fn(), onDisconnected: jest.fn() });
    const before = await test.store.counters.read();
    await test.store.generations.activate(2, 1_000);
    const after = await test.store.counters.read();
    expect(after.generation).toBe(2);
    expect(after.counters.map(({ value }) => value)).toEqual(before.counters.map(({ value }) => value + 1n));
    expect(await answer()).toEqual({ rows: 2, generation: 2 });
    await systemClock.sleep(200);
    expect(notices.filter(({ kind }) => kind === 'generation')).toEqual([{ kind: 'generation', generation: 2 }]);
    expect(notices.filter(({ kind }) => kind === 'counter')).toHaveLength(2);
  });

  it('a generation that is behind is not activated, and nothing moves', async () => {
    await fill(test.generation, ['a', 'b']);
    const second = await test.store.generations.create([]);
    await expect(test.store.generations.activate(2, 50)).rejects.toMatchObject({ code: 'generation-behind', retriable: true });
    await fill(second, ['a']);
    await expect(test.store.generations.activate(2, 50)).rejects.toMatchObject({ code: 'generation-behind' });
    expect(await answer()).toEqual({ rows: 2, generation: 1 });
    const activation = test.store.generations.activate(2, 5_000);
    await systemClock.sleep(100);
    await fill(second, ['b']);
    await activation;
    expect(await answer()).toEqual({ rows: 2, generation: 2 });
  });

  it('activation waits with the old checkpoints held: no batch of the old generation slips in between', async () => {
    await fill(test.generation, ['a']);
    const second = await test.store.generations.create([]);
    const activation = test.store.generations.activate(2, 5_000);
    await systemClock.sleep(100);
    const late = fill(test.generation, ['late']);
    await systemClock.sleep(100);
    await fill(second, ['a']);
    await activation;
    await late;
    expect(await answer()).toEqual({ rows: 1, generation: 2 });
  });

  it('one name never stands for two statements: readers go back and forth between generations', async () => {
    await fill(test.generation, ['a']);
    await fill(await test.store.generations.create([]), ['a']);
    const small = test.another({ pool: { readers: 1, readersOverflow: 0, writers: 1, control: 1 } });
    for (const generation of [2, 1, 2, 1]) {
      await test.store.generations.activate(generation, 1_000);
      const { rows, snapshot } = await small.reader.query(count, []);
      expect([Number(rows[0]!['rows']), snapshot.freshness.generation]).toEqual([1, generation]);
    }
  });

  it('a retired generation leaves no tables; readers that believed in it find the new one', async () => {
    await fill(test.generation, ['a']);
    await fill(await test.store.generations.create([]), ['a']);
    expect(await answer()).toEqual({ rows: 1, generation: 1 });
    const { generations } = test.another();
    await generations.activate(2, 1_000);
    await expect(generations.retire(2)).rejects.toMatchObject({ code: 'generation-active' });
    await generations.retire(1);
    expect(await answer()).toEqual({ rows: 1, generation: 2 });
    await expect(generations.activate(1, 0)).rejects.toMatchObject({ code: 'generation-retired' });
    await expect(generations.activate(9, 0)).rejects.toMatchObject({ code: 'generation-unknown' });
    expect(await generations.create([])).toMatchObject({ generation: 3, state: 'building' });
  });
});
