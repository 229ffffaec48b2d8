import { createTestStore, handChunk, type HandEvent, type TestStore } from '@harvest/testing';
import { toOffset } from '@harvest/kernel';
import type { Chunk, Claim } from '@harvest/read-models';
import { Client } from 'pg';

let test: TestStore;
let sql: Client;
let topics: { artifacts: string; scores: string };

beforeAll(async () => {
  test = await createTestStore();
  sql = new Client({ connectionString: test.database.url });
  await sql.connect();
  topics = { artifacts: `${test.topicPrefix}artifacts.v1`, scores: `${test.topicPrefix}scores.v1` };
});
afterAll(async () => {
  await sql.end();
  await test.close();
});

let partition = 0;
/** A partition of its own for every test. */
async function claimNew(topic: string): Promise<Claim> {
  partition += 1;
  const at = { topic, partition, firstOffset: toOffset(0), partitionCount: 1000 };
  await test.store.projections.ensureCheckpoints(test.generation, [at]);
  return test.store.projections.claim(test.generation, at, 'test');
}
function chunkOf(claim: Claim, events: readonly HandEvent[], fromOffset = claim.nextOffset as bigint): Chunk {
  return handChunk({ generation: test.generation, topic: claim.topic, partition: claim.partition, epoch: claim.epoch, fromOffset, events });
}
const rowsOf = async (text: string, values: unknown[] = []) => (await sql.query(text, values)).rows as Record<string, unknown>[];
const discovery = async (id: string) =>
  (
    await rowsOf(
      `SELECT artifact_id, visible, discovery_score, source, hot::text, xmin::text, ctid::text FROM read_1.discovery WHERE artifact_id = $1`,
      [id],
    )
  )[0];
const counts = async (source: string) =>
  (await rowsOf(`SELECT artifacts::int, discoveries::int FROM read_1.count_by_kind WHERE source = $1`, [source]))[0];

describe('apply', () => {
  it('writes rows, cards, counts and the checkpoint in one transaction', async () => {
    const artifacts = await claimNew(topics.artifacts);
    const outcome = await test.store.projections.apply(
      chunkOf(artifacts, [
        { id: 'w:b', title: 'B', source: 'write' },
        { id: 'w:a', title: 'A', source: 'write' },
      ]),
    );
    expect(outcome).toMatchObject({ kind: 'applied', parkedKeys: 0, outcomes: { projected: 2, superseded: 0, ignored: 0 } });
    const scores = await claimNew(topics.scores);
    await test.store.projections.apply(chunkOf(scores, [{ id: 'w:a', score: 71.5 }]));
    expect(await discovery('w:a')).toMatchObject({ visible: true, discovery_score: 715_000, source: 'write' });
    expect(await discovery('w:b')).toMatchObject({ visible: false, discovery_score: null });
    expect(await counts('write')).toEqual({ artifacts: 2, discoveries: 1 });
    expect(
      await rowsOf(
        `SELECT sum(artifacts)::int AS artifacts, sum(discoveries)::int AS discoveries FROM read_1.count_by_day WHERE source = 'write'`,
      ),
    ).toEqual([{ artifacts: 2, discoveries: 1 }]);
    expect(await rowsOf(`SELECT card FROM read_1.artifact_card WHERE artifact_id = 'w:a'`)).toEqual([
      { card: '"artifactId":"w:a","title":"A"' },
    ]);
    const checkpoint = (await test.store.projections.loadCheckpoints(test.generation)).find((it) => it.partition === artifacts.partition);
    expect(checkpoint).toMatchObject({ nextOffset: 2n, firstOffset: 0n, epoch: 1n, owner: 'test', lastRecord: { offset: 1n } });
  });

  it('keeps memberships and figures of topics with the rows, and scores change the figures only', async () => {
    const members = () =>
      rowsOf(`SELECT topic_id, artifact_id, published_ms::text, confidence, name, xmin::text FROM read_1.artifact_topic
        WHERE artifact_id LIKE 't:%' ORDER BY topic_id, artifact_id`);
    const sums = (table: string) =>
      rowsOf(`SELECT topic_id, artifacts::int, discoveries::int, score_sum::int FROM read_1.${table}
        WHERE topic_id LIKE 'name:t-%' AND (artifacts, discoveries, score_sum) <> (0, 0, 0) ORDER BY topic_id`);
    const artifacts = await claimNew(topics.artifacts);
    await test.store.projections.apply(
      chunkOf(artifacts, [
        { id: 't:1', title: 'A', topics: ['t-x', 't-y'] },
        { id: 't:2', title: 'B', topics: ['t-x'] },
        { id: 't:3', title: 'C' },
      ]),
    );
    const before = await members();
    expect(before.map((row) => [row['topic_id'], row['artifact_id']])).toEqual([
      ['name:t-x', 't:1'],
      ['name:t-x', 't:2'],
      ['name:t-y', 't:1'],
    ]);
    const scores = await claimNew(topics.scores);
    await test.store.projections.apply(
      chunkOf(
        scores,
        ['t:1', 't:2', 't:3', 't:4'].map((id, index) => ({ id, score: index + 1 })),
      ),
    );
    expect(await members()).toEqual(before);
    const scored = [
      { topic_id: 'name:t-x', artifacts: 2, discoveries: 2, score_sum: 30_000 },
      { topic_id: 'name:t-y', artifacts: 1, discoveries: 1, score_sum: 10_000 },
    ];
    expect([await sums('topic_figures'), await sums('topic_day')]).toEqual([scored, scored]);
    await test.store.projections.apply(
      chunkOf(
        artifacts,
        [
          { id: 't:1', title: 'A', topics: ['t-y'] },
          { id: 't:2', title: 'B2' },
        ],
        3n,
      ),
    );
    const left = [{ topic_id: 'name:t-y', artifacts: 1, discoveries: 1, score_sum: 10_000 }];
    expect([await sums('topic_figures'), await sums('topic_day')]).toEqual([left, left]);
    expect((await members()).map((row) => [row['topic_id'], row['artifact_id']])).toEqual([['name:t-y', 't:1']]);
  });

  it('a score before its artifact waits invisibly and completes later', async () => {
    const scores = await claimNew(topics.scores);
    await test.store.projections.apply(chunkOf(scores, [{ id: 's:1', score: 3 }]));
    expect(await discovery('s:1')).toMatchObject({ visible: false, source: null });
    const artifacts = await claimNew(topics.artifacts);
    await test.store.projections.apply(chunkOf(artifacts, [{ id: 's:1', title: 'late', source: 'late' }]));
    expect(await discovery('s:1')).toMatchObject({ visible: true, source: 'late' });
    expect(await counts('late')).toEqual({ artifacts: 1, discoveries: 1 });
  });

  it('fence: a chunk from another position, or applied already, writes nothing', async () => {
    const claim = await claimNew(topics.artifacts);
    const chunk = chunkOf(claim, [{ id: 'f:1', title: 'x', source: 'fence' }]);
    expect(await test.store.projections.apply(chunk)).toMatchObject({ kind: 'applied' });
    expect(await test.store.projections.apply(chunk)).toMatchObject({ kind: 'already-applied' });
    const ahead = chunkOf(claim, [{ id: 'f:2', title: 'x', source: 'fence' }], 7n);
    expect(await test.store.projections.apply(ahead)).toMatchObject({ kind: 'fenced' });
    expect(await discovery('f:2')).toBeUndefined();
    expect(await counts('fence')).toEqual({ artifacts: 1, discoveries: 0 });
  });

  it('a zombie under an older epoch writes nothing', async () => {
    const zombie = await claimNew(topics.artifacts);
    const owner = await test.store.projections.claim(test.generation, zombie, 'other');
    expect(owner.epoch).toBe(zombie.epoch + 1n);
    expect(await test.store.projections.apply(chunkOf(zombie, [{ id: 'z:1', title: 'x', source: 'zombie' }]))).toMatchObject({
      kind: 'fenced',
    });
    expect(await test.store.projections.advance({ ...chunkOf(zombie, [{ id: 'z:1' }]) })).toMatchObject({ kind: 'fenced' });
    expect(await discovery('z:1')).toBeUndefined();
    expect(await counts('zombie')).toBeUndefined();
  });

  it('identical facts under new offsets write no row and hardly any WAL', async () => {
    const claim = await claimNew(topics.artifacts);
    const events = Array.from({ length: 500 }, (_, index) => ({ id: `i:${index}`, title: `t${index}`, source: 'same' }));
    await test.store.projections.apply(chunkOf(claim, events));
    const before = await discovery('i:7');
    // The log is the whole server's: autovacuum may write into it meanwhile. The quietest of three repeats is the statement's own.
    let quietest = Infinity;
    for (const offset of [500n, 1000n, 1500n]) {
      const [{ lsn }] = (await rowsOf('SELECT pg_current_wal_insert_lsn() AS lsn')) as [{ lsn: string }];
      const outcome = await test.store.projections.apply(chunkOf(claim, events, offset));
      expect(outcome).toMatchObject({ kind: 'applied', outcomes: { projected: 500 } });
      const [{ bytes }] = (await rowsOf('SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::int AS bytes', [lsn])) as [
        { bytes: number },
      ];
      quietest = Math.min(quietest, bytes);
    }
    expect(await discovery('i:7')).toEqual(before);
    expect(quietest).toBeLessThan(20_000);
    expect(await counts('same')).toEqual({ artifacts: 500, discoveries: 0 });
  });

  it('new, changed and identical subjects in one chunk each get their due', async () => {
    const claim = await claimNew(topics.artifacts);
    const event = (id: string, title: string) => ({ id, title, source: 'mixed' });
    await test.store.projections.apply(chunkOf(claim, [event('m:1', 'a'), event('m:2', 'a'), event('m:4', 'a')]));
    const outcome = await test.store.projections.apply(
      chunkOf(
        claim,
        [event('m:0', 'a'), event('m:1', 'a'), event('m:2', 'b'), event('m:3', 'a'), event('m:4', 'x'), event('m:4', 'y')],
        3n,
      ),
    );
    expect(outcome).toMatchObject({ kind: 'applied', outcomes: { projected: 6 } });
    expect(await rowsOf(`SELECT card FROM read_1.artifact_card WHERE artifact_id LIKE 'm:%' ORDER BY artifact_id`)).toEqual(
      ['a', 'a', 'b', 'a', 'y'].map((title, index) => ({ card: `"artifactId":"m:${index}","title":"${title}"` })),
    );
    expect(await counts('mixed')).toEqual({ artifacts: 5, discoveries: 0 });
  });

  it('ids of 512 bytes, beyond the BMP, and int8 values of every size come back as they were', async () => {
    const claim = await claimNew(topics.artifacts);
    const ids = ['😀'.repeat(128), 'é'.repeat(256), '\uffff', '\u{10000}', 'a"b\\c{}'];
    await test.store.projections.apply(
      chunkOf(
        claim,
        ids.map((id) => ({ id, title: id, source: 'ids' })),
      ),
    );
    await test.store.projections.apply(
      chunkOf(
        claim,
        ids.map((id) => ({ id, title: `${id}2`, source: 'ids' })),
        5n,
      ),
    );
    const rows = await rowsOf(`SELECT d.artifact_id, c.card FROM read_1.discovery AS d JOIN read_1.artifact_card AS c USING (artifact_id)
      WHERE d.source = 'ids' ORDER BY d.artifact_id`);
    expect(rows.map((row) => row['artifact_id'])).toEqual([...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(rows.map((row) => JSON.parse(`{${String(row['card'])}}`).title)).toEqual(rows.map((row) => `${String(row['artifact_id'])}2`));
  });

  it('an index row that would be too large is a data error, and nothing of the chunk stays', async () => {
    const claim = await claimNew(topics.artifacts);
    const noise = Array.from({ length: 9_000 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20_000))).join('');
    const chunk = chunkOf(claim, [{ id: 'big:1', title: 'x', source: noise }]);
    await expect(test.store.projections.apply(chunk)).rejects.toMatchObject({ code: 'store-data-error', retriable: false });
    expect(await discovery('big:1')).toBeUndefined();
    expect(await test.store.projections.apply(chunkOf(claim, [{ id: 'big:1', title: 'x', source: 'big' }]))).toMatchObject({
      kind: 'applied',
    });
  });

  it('an unknown partition is a coded error', async () => {
    await expect(test.store.projections.claim(test.generation, { topic: topics.artifacts, partition: 99_999 }, 'x')).rejects.toMatchObject({
      code: 'checkpoint-missing',
    });
  });
});
