import { systemClock, toOffset } from '@harvest/kernel';
import type { Chunk, Claim, FaultPoint } from '@harvest/read-models';
import type { Store } from '@harvest/store';
import { createTestStore, handChunk, startFaultyProxy, type FaultyProxy, type HandEvent, type TestStore } from '@harvest/testing';
import { Client } from 'pg';

let test: TestStore;
let sql: Client;
let proxy: FaultyProxy;
let proxied: string;
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
beforeEach(async () => {
  const url = new URL(test.database.url);
  proxy = await startFaultyProxy({ host: url.hostname, port: Number(url.port || 5432) });
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  proxied = url.toString();
});
afterEach(() => proxy.close());

async function claimNew(family = 'artifacts'): Promise<Claim> {
  partition += 1;
  const at = { topic: `${test.topicPrefix}${family}.v1`, partition, firstOffset: toOffset(0), partitionCount: 1000 };
  await test.store.projections.ensureCheckpoints(test.generation, [at]);
  return test.store.projections.claim(test.generation, at, 'test');
}
function chunkOf(claim: Claim, events: readonly HandEvent[], fromOffset = claim.nextOffset as bigint): Chunk {
  return handChunk({ generation: test.generation, topic: claim.topic, partition: claim.partition, epoch: claim.epoch, fromOffset, events });
}
const artifacts = async (source: string) =>
  Number((await sql.query('SELECT artifacts FROM read_1.count_by_kind WHERE source = $1', [source])).rows[0]?.artifacts ?? 0);
const nextOffset = async (claim: Claim) =>
  BigInt(
    (await sql.query('SELECT next_offset FROM harvest.checkpoint WHERE topic = $1 AND partition = $2', [claim.topic, claim.partition]))
      .rows[0].next_offset,
  );
const backends = async (where: string) =>
  (await sql.query(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${where}`))
    .rows as { pid: number }[];

/** Applies until the outcome is known, as the engine does: a retriable error is met by the same chunk again. */
async function applyUntilKnown(store: Store, chunk: Chunk): Promise<string> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    try {
      return (await store.projections.apply(chunk)).kind;
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable !== true) throw error;
      await systemClock.sleep(20);
    }
  }
  throw new Error('no outcome after 20 attempts');
}

describe('a lost COMMIT acknowledgement', () => {
  it('is resolved by re-reading the checkpoint: each event counts once, many times over', async () => {
    const store = test.another({ databaseUrl: proxied });
    const claim = await claimNew();
    for (let round = 0; round < 20; round += 1) {
      const events = Array.from({ length: 10 }, (_, index) => ({ id: `l${round}-${index}`, title: 'x', source: 'lost' }));
      proxy.loseAnswerTo('COMMIT');
      expect(await applyUntilKnown(store, chunkOf(claim, events, BigInt(round * 10)))).toBe('already-applied');
    }
    expect(proxy.effective).toBe(20);
    expect(await artifacts('lost')).toBe(200);
    expect(await nextOffset(claim)).toBe(200n);
  });

  it('whose COMMIT never arrived is known not to have happened, and the same chunk then counts once', async () => {
    const store = test.another({ databaseUrl: proxied });
    const claim = await claimNew();
    proxy.loseRequest('COMMIT');
    const chunk = chunkOf(claim, [{ id: 'never', title: 'x', source: 'never' }]);
    await expect(store.projections.apply(chunk)).rejects.toMatchObject({ code: 'store-unreachable', retriable: true });
    expect(proxy.effective).toBe(1);
    expect(await nextOffset(claim)).toBe(0n);
    expect(await store.projections.apply(chunk)).toMatchObject({ kind: 'applied' });
    expect(await artifacts('never')).toBe(1);
  });

  it('while another owner has claimed meanwhile is `fenced`: nothing is believed', async () => {
    const claim = await claimNew();
    const store = test.another({ databaseUrl: proxied, faults: { reach: (point) => (point === 'before-commit' ? seize() : undefined) } });
    let seized: Promise<unknown> | undefined;
    const seize = async () => {
      // The claim waits for the row that the chunk's transaction holds, and is served the moment it commits.
      seized = test.store.projections.claim(test.generation, claim, 'other');
      await systemClock.sleep(100);
      proxy.loseAnswerTo('COMMIT');
    };
    expect(await store.projections.apply(chunkOf(claim, [{ id: 'seized', title: 'x', source: 'seized' }]))).toMatchObject({
      kind: 'fenced',
    });
    expect(await seized).toMatchObject({ epoch: claim.epoch + 1n, nextOffset: 1n });
  });
});

describe('connections', () => {
  it('a pipelined COMMIT after a failed statement is a failure, not a success', async () => {
    const claim = await claimNew();
    const chunk = chunkOf(claim, [{ id: 'p1', title: 'nul \u0000 character', source: 'nul' }]);
    const raw = { ...chunk, plan: (...args: Parameters<Chunk['plan']>) => withBadCard(chunk.plan(...args)) };
    await expect(test.store.projections.apply(raw)).rejects.toMatchObject({ code: 'store-data-error', retriable: false });
    expect(await nextOffset(claim)).toBe(0n);
    expect(await artifacts('nul')).toBe(0);
    expect(test.store.poolStats().writers.checkedOut).toBe(0);
  });

  it.each(['after-fence', 'before-rows', 'before-commit'] as const)(
    'a backend killed %s is a retriable error, and no uncaught exception',
    async (point) => {
      const uncaught = jest.fn();
      process.on('uncaughtException', uncaught);
      let armed = true;
      const kill = async () => {
        if (!armed) return;
        armed = false;
        for (const { pid } of await backends(`state LIKE 'idle in transaction%'`))
          await sql.query('SELECT pg_terminate_backend($1)', [pid]);
        await systemClock.sleep(50);
      };
      const store = test.another({ faults: { reach: (at: FaultPoint) => (at === point ? kill() : undefined) } });
      const claim = await claimNew();
      const chunk = chunkOf(claim, [{ id: `k:${point}`, title: 'x', source: point }]);
      expect(await applyUntilKnown(store, chunk)).toBe('applied');
      expect(armed).toBe(false);
      expect(await artifacts(point)).toBe(1);
      process.off('uncaughtException', uncaught);
      expect(uncaught).not.toHaveBeenCalled();
    },
  );

  it('a fault thrown after the commit leaves it applied: the same chunk again says so', async () => {
    let armed = true;
    const store = test.another({
      faults: {
        reach: (point) => {
          if (point !== 'after-commit-before-acknowledgement' || !armed) return undefined;
          armed = false;
          throw new Error('injected');
        },
      },
    });
    const claim = await claimNew();
    const chunk = chunkOf(claim, [{ id: 'thrown', title: 'x', source: 'thrown' }]);
    await expect(store.projections.apply(chunk)).rejects.toThrow('injected');
    expect(await store.projections.apply(chunk)).toEqual({ kind: 'already-applied' });
    expect(await artifacts('thrown')).toBe(1);
  });

  it('a black-holed socket ends in `store-timeout` or `store-unreachable` within the deadline', async () => {
    const store = test.another({
      databaseUrl: proxied,
      timeouts: { statementMs: 200, lockMs: 100 },
      resolveMs: 500,
      pool: { waitMs: 500 },
    });
    const claim = await claimNew();
    await store.projections.loadCheckpoints(test.generation);
    await store.projections.apply(chunkOf(claim, [{ id: 'b1', title: 'x', source: 'hole' }]));
    proxy.blackHole();
    const started = Date.now();
    await expect(store.projections.apply(chunkOf(claim, [{ id: 'b2', title: 'x', source: 'hole' }], 1n))).rejects.toMatchObject({
      retriable: true,
    });
    expect(Date.now() - started).toBeLessThan(8_000);
  });

  it('a transaction that stands idle is ended by the server, so that its locks do not outlive a stopped process', async () => {
    const claim = await claimNew();
    const store = test.another({
      timeouts: { idleMs: 100 },
      faults: { reach: (point) => (point === 'before-rows' ? systemClock.sleep(400) : undefined) },
    });
    await expect(store.projections.apply(chunkOf(claim, [{ id: 'idle', title: 'x', source: 'idle' }]))).rejects.toMatchObject({
      retriable: true,
    });
    expect(await test.store.projections.apply(chunkOf(claim, [{ id: 'idle', title: 'x', source: 'idle' }]))).toMatchObject({
      kind: 'applied',
    });
  });

  it('a lock waited for too long is a retriable `store-timeout`', async () => {
    const claim = await claimNew();
    await test.store.projections.apply(chunkOf(claim, [{ id: 'held', title: 'x' }]));
    const store = test.another({ timeouts: { lockMs: 100 } });
    await sql.query('BEGIN');
    await sql.query(`SELECT 1 FROM read_1.discovery WHERE artifact_id = 'held' FOR UPDATE`);
    await expect(store.projections.apply(chunkOf(claim, [{ id: 'held', title: 'y' }], 1n))).rejects.toMatchObject({
      code: 'store-timeout',
      retriable: true,
    });
    await sql.query('ROLLBACK');
  });
});

/** NUL is refused by text: a card that a planner must never make. */
function withBadCard(plan: ReturnType<Chunk['plan']>): ReturnType<Chunk['plan']> {
  const artifacts = plan.artifacts!;
  const fresh = (index: number) => {
    const evolved = artifacts.fresh(index);
    return {
      ...evolved,
      rows: { ...evolved.rows, card: { artifactId: artifacts.ids[index]!, card: '\u0000', detail: '', topics: '', entities: '' } },
    };
  };
  return { ...plan, artifacts: { ...artifacts, fresh } };
}
