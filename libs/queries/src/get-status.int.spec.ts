import { statusSchema } from '@harvest/contracts';
import { createTestStore, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { createQueries, type Queries } from './index';

describe('the status', () => {
  let test: TestStore;
  let client: Client;
  let queries: Queries;
  const read = async () => statusSchema.strict().parse(JSON.parse((await queries.getStatus()).body.toString()));

  beforeAll(async () => {
    test = await createTestStore();
    client = new Client({ connectionString: test.database.url });
    await client.connect();
    queries = createQueries(test.store.reader, { cursorSecret: 'a secret of sixteen bytes', topicPrefix: test.topicPrefix });
  });
  afterAll(async () => {
    await client?.end();
    await test?.close();
  });

  it('of nothing is nothing, and says no staleness that was never measured', async () => {
    const status = await read();
    expect(status).toMatchObject({ artifacts: 0, discoveries: 0, kinds: [], ingestions: { running: 0, complete: 0, incomplete: 0 } });
    expect(Math.abs(Date.parse(status.at) - Date.now())).toBeLessThan(60_000);
  });

  it('reads the maintained counts alone; names the largest hundred kinds, and sums all', async () => {
    await client.query(`INSERT INTO read_1.count_by_kind (source, artifact_type, artifacts, discoveries)
      SELECT 'source-' || n, 'paper', n, n / 2 FROM generate_series(0, 150) AS n`);
    const { artifacts, discoveries, kinds } = await read();
    expect([artifacts, discoveries]).toEqual([(150 * 151) / 2, 75 * 75]);
    expect(kinds).toHaveLength(100);
    expect([kinds[0], kinds.at(-1)]).toEqual([
      { source: 'source-150', artifactType: 'paper', artifacts: 150, discoveries: 75 },
      { source: 'source-51', artifactType: 'paper', artifacts: 51, discoveries: 25 },
    ]);
  });

  it('groups the states that ingestions are shown with, an old outcome of one that failed later too', async () => {
    await client.query(`
      INSERT INTO read_1.ingestion (ingestion_id, state, started_ms, completed_partition, completed_offset, guards) VALUES
        ('a', 'announced', 9, NULL, NULL, 0), ('b', 'running', NULL, NULL, NULL, 0), ('c', 'completed', 8, 0, 1, 0),
        ('d', 'completed', 7, 0, 2, 0), ('e', 'completed', 6, 0, 3, 0), ('f', 'failed', 5, 0, 4, 0), ('g', 'completed', 4, 0, 5, 0)`);
    await client.query(`INSERT INTO harvest.ingestion_outcome (ingestion_id, completed_partition, completed_offset, outcome, detail)
      VALUES ('c', 0, 1, 'complete', ''), ('d', 0, 2, 'complete-with-rejections', ''), ('e', 0, 3, 'incomplete', ''), ('f', 0, 4, 'complete', '')`);
    // Completed and not decided yet (g) is pending.
    expect((await read()).ingestions).toEqual({ running: 3, complete: 2, incomplete: 2 });
  });

  it('counts the states of the latest two hundred, those of unknown start last', async () => {
    await client.query(`INSERT INTO read_1.ingestion (ingestion_id, state, started_ms, guards)
      SELECT 'many-' || n, 'failed', 1000 + n, 0 FROM generate_series(1, 197) AS n`);
    expect((await read()).ingestions).toEqual({ running: 1, complete: 2, incomplete: 197 });
  });
});
