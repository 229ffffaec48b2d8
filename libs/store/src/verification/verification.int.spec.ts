import { toOffset } from '@harvest/kernel';
import { createMetrics, type HarvestMetrics } from '@harvest/observability';
import { CANONICAL_TABLES, type CanonicalRow, type CanonicalTable } from '@harvest/read-models';
import { createTestStore, handChunk, handIngestion, handIngestionChunk, type HandEvent, type TestStore } from '@harvest/testing';
import { Client } from 'pg';

let test: TestStore;
let sql: Client;
let metrics: HarvestMetrics;
const topicOf = (family: string) => `${test.topicPrefix}${family}.v1`;

beforeEach(async () => {
  metrics = createMetrics();
  test = await createTestStore({ metrics });
  sql = new Client({ connectionString: test.database.url });
  await sql.connect();
});
afterEach(async () => {
  await sql.end();
  await test.close();
});

async function apply(family: string, partition: number, events: readonly HandEvent[], target = test): Promise<void> {
  const at = { topic: `${target.topicPrefix}${family}.v1`, partition, firstOffset: toOffset(0), partitionCount: 2 };
  await target.store.projections.ensureCheckpoints(target.generation, [at]);
  const claim = await target.store.projections.claim(target.generation, at, 'test');
  await target.store.projections.apply(handChunk({ ...claim, generation: target.generation, fromOffset: claim.nextOffset, events }));
}
async function rowsOf(table: CanonicalTable): Promise<readonly CanonicalRow[]> {
  const snapshot = await test.store.verification.openSnapshot(test.generation);
  try {
    const rows: CanonicalRow[] = [];
    for await (const batch of snapshot.rows(table)) rows.push(...batch);
    return rows;
  } finally {
    await snapshot.close();
  }
}
const hashes = (target = test) => target.store.verification.contentHashes(target.generation);

describe('verification', () => {
  it('reads rows in canonical form, in the order of their key', async () => {
    await apply('artifacts', 0, [
      { id: 'é', title: 'T', source: 'x' },
      { id: 'a', title: 'T', source: 'x' },
    ]);
    await apply('scores', 0, [{ id: 'a', score: 12.5 }]);
    expect(await rowsOf('artifact_card')).toEqual(
      ['a', 'é'].map((id) => ({ artifact_id: id, card: `{"artifactId":"${id}","title":"T"}`, detail: '{}' })),
    );
    expect((await rowsOf('discovery'))[0]).toEqual({
      ...{
        artifact_id: 'a',
        source: 'x',
        artifact_type: 'paper',
        published_ms: '1728000000000',
        published_precision: 1,
        first_seen_ms: '1700000000000',
      },
      ...{
        discovery_score: 125_000,
        novelty: 1,
        emergence: null,
        obscurity: null,
        computed_at_ms: '5',
        model: 'm',
        hot: '1728875000',
        visible: true,
      },
      ...{ guards: 17, observed_floor: null, classified_floor: null, scored_floor: null },
    });
    expect(await rowsOf('count_by_kind')).toEqual([{ source: 'x', artifact_type: 'paper', artifacts: '2', discoveries: '1' }]);
    expect(await rowsOf('count_by_day')).toEqual([
      { source: 'x', artifact_type: 'paper', day: 20_000, precision: 1, artifacts: '2', discoveries: '1' },
    ]);
  });

  it('sorts the members of JSON and leaves out the positions of an ingestion', async () => {
    const at = { topic: topicOf('ingestions'), partition: 0, firstOffset: toOffset(0), partitionCount: 1 };
    await test.store.projections.ensureCheckpoints(test.generation, [at]);
    const claim = await test.store.projections.claim(test.generation, at, 'test');
    const rows = [
      handIngestion('i', { counts: { b: 1, a: 2 }, manifest: { t: { '1': 5, '0': 7 } }, position: { partition: 0, offset: toOffset(0) } }),
    ];
    await test.store.projections.apply(handIngestionChunk({ ...claim, generation: test.generation, fromOffset: 0n, rows }));
    const [row] = await rowsOf('ingestion');
    expect(row).toMatchObject({ ingestion_id: 'i', state: 'running', counts: '{"a":2,"b":1}', manifest: '{"t":{"0":7,"1":5}}', guards: 1 });
    expect(Object.keys(row!)).not.toContain('log_offset');
  });

  it('positions, corrections, dead letters and rows are of one snapshot, whatever is written meanwhile', async () => {
    await apply(
      'artifacts',
      0,
      Array.from({ length: 4_500 }, (_, index) => ({ id: `a${index}`, title: 't' })),
    );
    const snapshot = await test.store.verification.openSnapshot(test.generation);
    let rows = 0;
    for await (const batch of snapshot.rows('discovery')) {
      rows += batch.length;
      await apply('artifacts', 0, [
        { id: `later${rows}`, title: 't' },
        { id: `bad${rows}`, title: 't', poison: true },
      ]);
    }
    expect(rows).toBe(4_500);
    expect(snapshot.positions).toEqual([{ topic: topicOf('artifacts'), partition: 0, nextOffset: 4_500n, firstOffset: 0n }]);
    expect(snapshot.setAside).toEqual([]);
    await snapshot.close();
    await snapshot.close();
    const after = await test.store.verification.openSnapshot(test.generation);
    expect(after.setAside).toHaveLength(3);
    await after.close();
  });

  it('equal content has equal hashes, however the log was cut; one changed row changes its table’s hash alone', async () => {
    const other = await createTestStore();
    const events = Array.from({ length: 50 }, (_, index) => ({
      ...{ id: `h${index}`, title: `t${index}`, source: `s${index % 3}` },
      topics: ['common', `t-${index % 2}`],
      authors: ['ada'],
    }));
    await apply('artifacts', 0, events);
    await apply(
      'scores',
      0,
      events.map(({ id }) => ({ id, score: 7 })),
    );
    await apply(
      'scores',
      0,
      events.map(({ id }) => ({ id, score: 7 })),
      other,
    );
    for (const event of events) await apply('artifacts', 1, [event], other);
    expect(await hashes(other)).toEqual(await hashes());
    expect((await hashes()).map(({ table, rows }) => [table, rows])).toEqual([
      ...[
        ['artifact_card', 50],
        ['discovery', 50],
        ['count_by_kind', 3],
        ['count_by_day', 3],
        ['artifact_topic', 100],
        ['topic_figures', 3],
        ['topic_day', 3],
        ['artifact_entity', 50],
        ['entity_figures', 1],
        ['ingestion', 0],
      ],
    ]);
    await sql.query(`UPDATE read_1.discovery SET novelty = novelty + 1 WHERE artifact_id = 'h7'`);
    const [mine, theirs] = [await hashes(), await hashes(other)];
    const differing = Object.keys(CANONICAL_TABLES).filter((_table, index) => mine[index]!.hash !== theirs[index]!.hash);
    expect(differing).toEqual(['discovery']);
    await other.close();
  });

  it('counts that came to nothing are no content', async () => {
    await apply('artifacts', 0, [{ id: 'm', title: 't', source: 'here', topics: ['left'] }]);
    await apply('artifacts', 0, [{ id: 'm', title: 't', source: 'there', topics: ['joined'] }]);
    expect(await rowsOf('topic_figures')).toMatchObject([{ topic_id: 'name:joined', artifacts: '1', score_sum: '0' }]);
    expect(await rowsOf('topic_day')).toMatchObject([{ topic_id: 'name:joined' }]);
    expect(await rowsOf('count_by_kind')).toMatchObject([{ source: 'there', artifacts: '1' }]);
  });

  it('a key in two partitions is listed, and left out of the hashes with its counts', async () => {
    await apply('artifacts', 0, [{ id: 'one', title: 't', source: 's', topics: ['x'], authors: ['ada'] }]);
    const before = await hashes();
    await apply('artifacts', 0, [
      { id: 'two', title: 'a', source: 's', topics: ['x'] },
      { id: 'two', title: 'a', source: 's', topics: ['x', 'y'], authors: ['ada'] },
    ]);
    await apply('scores', 0, [{ id: 'two', score: 5 }]);
    await apply('artifacts', 1, [{ id: 'two', title: 'b', source: 's', topics: ['x', 'y'], authors: ['ada'] }]);
    const snapshot = await test.store.verification.openSnapshot(test.generation);
    expect(snapshot.conflictingKeys).toEqual([{ topic: topicOf('artifacts'), key: 'two' }]);
    await snapshot.close();
    expect(await hashes()).toEqual(before);
    expect((await metrics.keyConflictsTotal.get()).values).toEqual([{ labels: { topic: topicOf('artifacts') }, value: 1 }]);
  });
});
