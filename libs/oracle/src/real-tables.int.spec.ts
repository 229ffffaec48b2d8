import { DEFAULT_TOPIC_PREFIX, type LogRecord } from '@harvest/contracts';
import { createTestStore, projectLog, randomLog, SeededRandom, serviceAddress, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { TABLE_NAMES, type Table } from './snapshot';
import { verify, type VerificationReport } from './verify';

const log = randomLog({ seed: 11, records: 700, subjects: 60, poison: true });
let house: TestStore;
let client: Client;

beforeAll(async () => {
  serviceAddress('postgres');
  house = await createTestStore({ topicPrefix: DEFAULT_TOPIC_PREFIX });
  await projectLog(log, house.store.projections, { random: new SeededRandom(3), generation: house.generation });
  client = new Client({ connectionString: house.database.url });
  await client.connect();
}, 60_000);

afterAll(async () => {
  await client?.end();
  await house?.close();
});

async function verifyTables(of: TestStore = house): Promise<VerificationReport> {
  const snapshot = await of.store.verification.openSnapshot(of.generation);
  try {
    return await verify({ topicPrefix: DEFAULT_TOPIC_PREFIX, log, snapshot });
  } finally {
    await snapshot.close();
  }
}

/** Every one changes the row, whatever stands in it. */
const SPOILT: Readonly<Record<Table, string>> = {
  artifact_card: `card = card || ',"x":1'`,
  discovery: 'novelty = coalesce(novelty, 0) + 1',
  count_by_kind: 'artifacts = artifacts + 1',
  count_by_day: 'discoveries = discoveries - 1',
  artifact_topic: 'confidence = confidence + 1',
  topic_figures: 'score_sum = score_sum + 1',
  topic_day: 'artifacts = artifacts - 1',
  artifact_entity: 'roles = roles + 16',
  entity_figures: 'discoveries = discoveries + 1',
  ingestion: `error = coalesce(error, '') || '!'`,
};
/** Rows of counts that came to nothing are no content. */
const CONTENT: Partial<Record<Table, string>> = {
  count_by_kind: 'WHERE artifacts > 0',
  count_by_day: 'WHERE artifacts > 0',
  topic_figures: 'WHERE artifacts > 0',
  topic_day: 'WHERE artifacts > 0',
  entity_figures: 'WHERE artifacts > 0',
};
const KEYS: Readonly<Record<Table, string>> = {
  artifact_card: 'artifact_id',
  discovery: 'artifact_id',
  count_by_kind: `source || '/' || artifact_type`,
  count_by_day: `concat_ws('/', source, artifact_type, day, precision)`,
  artifact_topic: `concat_ws('/', topic_id, artifact_id)`,
  topic_figures: `concat_ws('/', topic_id, name, taxonomy_path)`,
  topic_day: `concat_ws('/', topic_id, day, precision)`,
  artifact_entity: `concat_ws('/', entity_id, artifact_id)`,
  entity_figures: `concat_ws('/', entity_id, name)`,
  ingestion: 'ingestion_id',
};

describe('the oracle on the tables of Postgres', () => {
  it('agrees with every row, with poison and parked keys among the records', async () => {
    const report = await verifyTables();
    expect(report).toMatchObject({ differences: [], findings: [], ok: true, records: 700 });
    expect(report.ends['set-aside']).toBeGreaterThan(0);
    for (const { expected, compared } of report.tables) {
      expect(compared).toBe(expected);
      expect(compared).toBeGreaterThan(0);
    }
  });

  it.each(TABLE_NAMES)('finds random rows spoilt in %s, each one', async (table) => {
    const random = new SeededRandom(table.length);
    const { rows } = await client.query<{ key: string }>(
      `SELECT ${KEYS[table]} AS key FROM read_1.${table} ${CONTENT[table] ?? ''} ORDER BY 1`,
    );
    for (let run = 0; run < 5; run += 1) {
      const { key } = random.pick(rows);
      const report = await withChanged(table, `UPDATE read_1.${table} SET ${SPOILT[table]} WHERE ${KEYS[table]} = $1`, key);
      expect(report).toMatchObject({ ok: false, differing: 1, differences: [{ table, kind: 'different' }] });
    }
    expect(await verifyTables()).toMatchObject({ ok: true });
  });

  it.each(TABLE_NAMES)('finds a row gone from %s', async (table) => {
    const { rows } = await client.query<{ key: string }>(
      `SELECT ${KEYS[table]} AS key FROM read_1.${table} ${CONTENT[table] ?? ''} ORDER BY 1 LIMIT 1`,
    );
    const report = await withChanged(table, `DELETE FROM read_1.${table} WHERE ${KEYS[table]} = $1`, rows[0]?.key ?? '');
    expect(report).toMatchObject({ ok: false, differing: 1, differences: [{ table, kind: 'missing' }] });
    expect(await verifyTables()).toMatchObject({ ok: true });
  });

  it('finds that the projector has lost one event', async () => {
    const other = await createTestStore({ topicPrefix: DEFAULT_TOPIC_PREFIX });
    const lost = log.partitions[0]?.records.findLast(({ value }) => value?.includes('"title"'));
    try {
      const tamper = (records: readonly LogRecord[]) => records.filter((record) => record !== lost);
      await projectLog(log, other.store.projections, { random: new SeededRandom(3), generation: other.generation, tamper });
      const report = await verifyTables(other);
      expect(report.ok).toBe(false);
      expect(report.differences.flatMap(({ events }) => events).map(({ offset }) => offset)).toContain(lost?.offset);
    } finally {
      await other.close();
    }
  });
});

/** Verifies with one row changed, and puts the row back as it was. */
async function withChanged(table: Table, change: string, key: string): Promise<VerificationReport> {
  const where = `WHERE ${KEYS[table]} = $1`;
  const { rows } = await client.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM read_1.${table} AS t ${where}`, [key]);
  await client.query(change, [key]);
  const report = await verifyTables();
  await client.query(`DELETE FROM read_1.${table} ${where}`, [key]);
  await client.query(`INSERT INTO read_1.${table} SELECT (jsonb_populate_record(NULL::read_1.${table}, $1::jsonb)).*`, [rows[0]?.row]);
  return report;
}
