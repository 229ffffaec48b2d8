import { toOffset, systemClock } from '@harvest/kernel';
import type { ChangeNotice, IngestionRow } from '@harvest/read-models';
import { createTestStore, handChunk, handIngestion, handIngestionChunk, type TestStore } from '@harvest/testing';
import { Client } from 'pg';

let test: TestStore;
let sql: Client;
const topicOf = (family: string) => `${test.topicPrefix}${family}.v1`;
const families = ['artifacts', 'scores', 'ingestions'];

beforeEach(async () => {
  test = await createTestStore({ barrierGraceMs: 200 });
  const partitions = families.map((family) => ({ topic: topicOf(family), partition: 0, firstOffset: toOffset(0), partitionCount: 1 }));
  await test.store.projections.ensureCheckpoints(test.generation, partitions);
  sql = new Client({ connectionString: test.database.url });
  await sql.connect();
});
afterEach(async () => {
  await sql.end();
  await test.close();
});

async function applyArtifacts(count: number): Promise<void> {
  const claim = await test.store.projections.claim(test.generation, { topic: topicOf('artifacts'), partition: 0 }, 'test');
  const events = Array.from({ length: count }, (_, index) => ({ id: `a${claim.nextOffset + BigInt(index)}`, title: 't' }));
  await test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: claim.nextOffset, events }));
}
async function applyIngestions(...rows: IngestionRow[]): Promise<void> {
  const claim = await test.store.projections.claim(test.generation, { topic: topicOf('ingestions'), partition: 0 }, 'test');
  await test.store.projections.apply(handIngestionChunk({ ...claim, generation: test.generation, fromOffset: claim.nextOffset, rows }));
}
const completed = (id: string, lastArtifact: number | null, offset = 0): IngestionRow =>
  handIngestion(id, {
    state: 'completed',
    manifest: lastArtifact === null ? null : { [topicOf('artifacts')]: { '0': lastArtifact } },
    completedPosition: { partition: 0, offset: toOffset(offset) },
  });
const sampleAll = async (ends: Record<string, number>, ms?: number) =>
  test.store.staleness.recordEnds(
    1,
    ms ?? (await test.store.staleness.nowMs()),
    families.map((family) => ({ topic: topicOf(family), partition: 0, endOffset: toOffset(ends[family] ?? 0) })),
  );
const values = async () =>
  Object.fromEntries((await test.store.counters.read()).counters.map(({ scope, value }) => [scope, Number(value)]));
const EACH = { discoveries: 0, ingestions: 0 };

describe('cache counters', () => {
  it('move only when the checkpoints of their topics have, and only those scopes', async () => {
    await test.store.counters.moveStale(EACH);
    const before = await values();
    await test.store.counters.moveStale(EACH);
    expect(await values()).toEqual(before);
    await applyArtifacts(1);
    await test.store.counters.moveStale(EACH);
    expect(await values()).toEqual({ discoveries: before['discoveries']! + 1, ingestions: before['ingestions'] });
  });

  it('do not move before maxStaleMs has passed since the last move', async () => {
    await test.store.counters.moveStale(EACH);
    const before = await values();
    await applyArtifacts(1);
    await test.store.counters.moveStale({ discoveries: 60_000, ingestions: 60_000 });
    expect(await values()).toEqual(before);
  });

  it('are moved once by many processes that see the same positions, and never fall', async () => {
    const stores = [test.store, test.another(), test.another(), test.another()];
    await test.store.counters.moveStale(EACH);
    for (let round = 0; round < 20; round += 1) {
      const before = await values();
      await applyArtifacts(1);
      await Promise.all(stores.map((store) => store.counters.moveStale(EACH)));
      expect(await values()).toEqual({ discoveries: before['discoveries']! + 1, ingestions: before['ingestions'] });
    }
  });

  it('carry an epoch that names the timeline of the database', async () => {
    const { counters } = await test.store.counters.read();
    expect(new Set(counters.map(({ epoch }) => epoch)).size).toBe(1);
    expect(counters[0]!.epoch).toMatch(/^[0-9a-f]{12}-00000001$/);
  });
});

describe('the change feed', () => {
  it('tells of counters at commit, with the value that was committed', async () => {
    const notices: ChangeNotice[] = [];
    const stop = await test
      .another()
      .changes.subscribe({ onNotice: (notice) => notices.push(notice), onReconnected: jest.fn(), onDisconnected: jest.fn() });
    const state = await test.store.counters.move(['discoveries', 'ingestions']);
    await until(() => notices.length === 2);
    expect(notices).toEqual(expect.arrayContaining(state.counters.map((counter) => ({ kind: 'counter', counter }))));
    await stop();
  });

  it('reconnects after its backend was killed, says so, and hears again', async () => {
    const heard: string[] = [];
    await test.another().changes.subscribe({
      onNotice: (notice) => heard.push(notice.kind),
      onReconnected: () => heard.push('reconnected'),
      onDisconnected: () => heard.push('disconnected'),
    });
    await sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'harvest-listener'`,
    );
    await until(() => heard.includes('reconnected'));
    await test.store.counters.move(['discoveries']);
    await until(() => heard.includes('counter'));
    expect(heard).toEqual(['disconnected', 'reconnected', 'counter']);
  });
});

describe('the barrier', () => {
  it('passes when every partition has passed the manifest, and moves all counters in the same transaction', async () => {
    await applyArtifacts(2);
    await applyIngestions(completed('i1', 2));
    expect(await test.store.barrier.pending()).toEqual([
      { ingestionId: 'i1', needs: [{ topic: topicOf('artifacts'), partition: 0, nextOffset: 3n }] },
    ]);
    expect(await test.store.barrier.decide()).toEqual([]);
    const before = await values();
    await applyArtifacts(1);
    expect(await test.store.barrier.decide()).toMatchObject([{ ingestionId: 'i1', outcome: 'complete', detail: { basis: 'manifest' } }]);
    expect(await values()).toEqual({ discoveries: before['discoveries']! + 1, ingestions: before['ingestions']! + 1 });
    expect(await test.store.barrier.pending()).toEqual([]);
  });

  it('is decided once by many processes at the same moment', async () => {
    const stores = [test.store, test.another(), test.another(), test.another()];
    for (let round = 0; round < 25; round += 1) {
      await applyIngestions(completed(`r${round}`, null, round), completed(`m${round}`, 0, round));
      await applyArtifacts(1);
      await sampleAll({ ingestions: round * 2 + 2, artifacts: round + 1 });
      const before = await values();
      const decided = (await Promise.all(stores.map((store) => store.barrier.decide()))).flat();
      expect(decided.map(({ ingestionId }) => ingestionId).sort()).toEqual([`m${round}`, `r${round}`]);
      const moves = (await values())['discoveries']! - before['discoveries']!;
      expect(moves).toBeGreaterThanOrEqual(1);
      expect(moves).toBeLessThanOrEqual(2);
    }
  });

  it('without a manifest: at its word once all that stood in the log at its arrival is projected', async () => {
    await applyIngestions(completed('word', null));
    await sampleAll({ ingestions: 1, artifacts: 1 });
    expect(await test.store.barrier.decide()).toEqual([]);
    await applyArtifacts(1);
    expect(await test.store.barrier.decide()).toMatchObject([{ ingestionId: 'word', outcome: 'complete', detail: { basis: 'word' } }]);
  });

  it('a manifest beyond the end of the log is incomplete after the grace time, and moves the ingestions only', async () => {
    await applyIngestions(completed('beyond', 7));
    await sampleAll({ ingestions: 1, artifacts: 0 });
    expect(await test.store.barrier.decide()).toEqual([]);
    await systemClock.sleep(250);
    await sampleAll({ ingestions: 1, artifacts: 0 });
    const before = await values();
    expect(await test.store.barrier.decide()).toMatchObject([
      {
        outcome: 'incomplete',
        detail: { reason: 'beyond-end', partitions: [{ topic: topicOf('artifacts'), lastOffset: '7', endOffset: '0' }] },
      },
    ]);
    expect(await values()).toEqual({ discoveries: before['discoveries'], ingestions: before['ingestions']! + 1 });
  });

  it('waits, beyond any grace time, while the log still holds what the projector has not reached', async () => {
    await applyIngestions(completed('slow', 0));
    await systemClock.sleep(250);
    await sampleAll({ ingestions: 1, artifacts: 1 });
    expect(await test.store.barrier.decide()).toEqual([]);
  });

  it('lists what was set aside of it, and of nobody else', async () => {
    const claim = await test.store.projections.claim(test.generation, { topic: topicOf('artifacts'), partition: 0 }, 'test');
    const events = [
      { id: 'p1', title: 'x', poison: true },
      { id: 'p1', title: 'x' },
      { id: 'ok', title: 'x' },
      { id: 'p2', title: 'x', poison: true },
    ];
    await test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: 0n, events }));
    await sql.query(`UPDATE harvest.dead_letter SET ingestion_id = 'someone else' WHERE log_offset = 3`);
    await applyIngestions(completed('rejections', 3));
    expect(await test.store.barrier.decide()).toMatchObject([
      {
        outcome: 'complete-with-rejections',
        detail: {
          total: 2,
          rejections: [
            { offset: '0', kind: 'poison', code: 'payload-invalid' },
            { offset: '1', kind: 'waiting' },
          ],
        },
      },
    ]);
  });

  it('a second completion of the same ingestion has a barrier of its own', async () => {
    await applyArtifacts(1);
    await applyIngestions(completed('twice', 0, 0));
    expect(await test.store.barrier.decide()).toHaveLength(1);
    await applyIngestions(completed('twice', 0, 0));
    expect(await test.store.barrier.decide()).toEqual([]);
    await applyIngestions(completed('twice', 0, 2));
    expect(await test.store.barrier.decide()).toHaveLength(1);
  });

  it('an ingestion whose row changed is told of', async () => {
    const notices: ChangeNotice[] = [];
    await test.store.changes.subscribe({ onNotice: (notice) => notices.push(notice), onReconnected: jest.fn(), onDisconnected: jest.fn() });
    await applyIngestions(handIngestion('told'));
    await until(() => notices.length > 0);
    expect(notices).toEqual([{ kind: 'ingestion', ingestionId: 'told' }]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 10_000) throw new Error('the condition did not come true within 10 s');
    await systemClock.sleep(20);
  }
}
