import { createTestStore, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { createQueries, parseTimelineParameters, parseTopicsParameters, parseTrendingParameters, type Queries } from './index';
import { SAMPLE_TOPICS, sampleStatements } from './testing/sample-discoveries';

const ROWS = 3_000;
const NOW_MS = Date.parse('2026-06-30T12:00:00Z');
const HALF = `hashtextextended(d.artifact_id, 7) % ${SAMPLE_TOPICS.half} = 0`;

describe('topics and entities', () => {
  let test: TestStore;
  let client: Client;
  let queries: Queries;

  beforeAll(async () => {
    test = await createTestStore();
    client = new Client({ connectionString: test.database.url });
    await client.connect();
    for (const statement of sampleStatements({ schema: 'read_1', rows: ROWS })) await client.query(statement);
    // Two spellings of a topic with a path, one that has come to nothing, and what was published on known days of this June.
    await client.query(`INSERT INTO read_1.topic_figures (topic_id, name, taxonomy_path, artifacts, discoveries, score_sum) VALUES
      ('name:nlp', 'nlp', '', 2, 0, 0), ('name:nlp', 'NLP', 'ai/nlp', 5, 2, 1500000), ('name:nlp', 'Ab', '', 0, 0, 0),
      ('name:gone', 'gone', '', 0, 0, 0)`);
    await client.query(`INSERT INTO read_1.topic_day (topic_id, day, precision, artifacts, discoveries, score_sum)
      SELECT 'name:nlp', DATE '2026-06-01' + n - DATE '1970-01-01', p, 1, 0, 0 FROM (VALUES (29, 1), (28, 0), (20, 4), (3, 1), (0, 2), (0, 3)) AS v (n, p)`);
    await client.query(`INSERT INTO read_1.entity_figures (entity_id, name, artifacts, discoveries, score_sum) VALUES
      ('person:1', 'Ada L.', 2, 1, 500000), ('person:1', 'A. L.', 1, 1, 250000), ('person:1', 'AAA', 0, 0, 0), ('person:2', 'gone', 0, 0, 0)`);
    await client.query(`INSERT INTO read_1.artifact_entity (published_ms, roles, entity_id, artifact_id, name) VALUES
      (1, 1, 'person:1', 'x', 'Ada L.'), (2, 3, 'person:1', 'y', 'Ada L.'), (3, 12, 'person:1', 'z', 'A. L.')`);
    queries = createQueries(test.store.reader, { cursorSecret: 'a secret of sixteen bytes', topicPrefix: test.topicPrefix });
  }, 60_000);

  afterAll(async () => {
    await client?.end();
    await test?.close();
  });

  const body = async <T>(answered: Promise<{ body: Buffer }>) => JSON.parse((await answered).body.toString()) as T;
  interface Page {
    items: Record<string, unknown>[];
    nextCursor: string | null;
    hasMore: boolean;
  }
  const list = (search: string) => body<Page>(queries.listTopics(parseTopicsParameters(new URLSearchParams(search)).parameters));
  const timeline = (id: string, search: string) =>
    body<{ items: Record<string, unknown>[]; hasMore: boolean }>(
      queries.getTopicTimeline(id, parseTimelineParameters(new URLSearchParams(search), id).parameters),
    );
  const truth = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows;

  it('are listed by their artifacts, page by page, with sums over their spellings', async () => {
    const [{ artifacts, discoveries, mean }] =
      (await truth(`SELECT count(*)::int AS artifacts, count(*) FILTER (WHERE visible)::int AS discoveries,
      round(avg(discovery_score) FILTER (WHERE visible))::int AS mean FROM read_1.discovery AS d WHERE ${HALF}`)) as [
        Record<string, number>,
      ];
    const first = await list('limit=2');
    expect(first.items[0]).toEqual({ topicId: 'name:half', name: 'half', artifacts, discoveries, meanScore: mean! / 10_000 });
    const ids = [...first.items];
    for (let page = first; page.nextCursor !== null;) {
      page = await list(`limit=2&cursor=${page.nextCursor}`);
      expect(page.hasMore).toBe(page.nextCursor !== null);
      ids.push(...page.items);
    }
    expect(ids).toEqual((await list('')).items);
    expect(ids.find(({ topicId }) => topicId === 'name:nlp')).toEqual({
      ...{ topicId: 'name:nlp', name: 'NLP', taxonomyPath: 'ai/nlp' },
      ...{ artifacts: 7, discoveries: 2, meanScore: 75 },
    });
    expect(ids.map(({ topicId }) => topicId)).not.toContain('name:gone');
    await expect(list('cursor=nonsense')).rejects.toMatchObject({ code: 'invalid-cursor' });
  });

  it('one shows its spellings; who has no artifacts is topic-unknown', async () => {
    expect(await body(queries.getTopic('name:nlp'))).toMatchObject({
      ...{ topicId: 'name:nlp', name: 'NLP', artifacts: 7 },
      spellings: [
        { name: 'NLP', artifacts: 5 },
        { name: 'nlp', artifacts: 2 },
      ],
    });
    for (const id of ['name:gone', 'name:nowhere', "it's; --", '😀']) {
      await expect(queries.getTopic(id)).rejects.toMatchObject({ code: 'topic-unknown' });
      await expect(timeline(id, '')).rejects.toMatchObject({ code: 'topic-unknown' });
    }
  });

  it('an entity shows its figures, roles and spellings; whom nobody names is entity-unknown', async () => {
    expect(await body(queries.getEntity('person:1'))).toEqual({
      ...{ entityId: 'person:1', name: 'A. L.', artifacts: 3, discoveries: 2, meanScore: 37.5 },
      roles: { author: 2, person: 1, lab: 1, organisation: 1 },
      spellings: [
        { name: 'Ada L.', artifacts: 2 },
        { name: 'A. L.', artifacts: 1 },
      ],
    });
    for (const id of ['person:2', 'nobody', "it's; --"])
      await expect(queries.getEntity(id)).rejects.toMatchObject({ code: 'entity-unknown' });
  });

  it('a timeline adds up what was published, whatever the bucket; days leave months out, months leave years out', async () => {
    expect(await timeline('name:nlp', 'since=2026&bucket=year')).toMatchObject({
      items: [{ start: '2026-01-01', artifacts: 6 }],
      hasMore: false,
    });
    expect(await timeline('name:nlp', 'since=2026')).toMatchObject({ items: [{ start: '2026-06-01', artifacts: 5 }] });
    const days = await timeline('name:nlp', 'bucket=day&since=2026&until=2026-06-30&limit=2');
    expect(days).toMatchObject({ items: [{ start: '2026-06-29', artifacts: 1 }, { start: '2026-06-21' }], hasMore: true });
    expect(await timeline('name:nlp', 'since=2030')).toMatchObject({ items: [], hasMore: false });
    const expected =
      await truth(`SELECT to_char(date_trunc('month', to_timestamp(published_ms / 1000) AT TIME ZONE 'UTC'), 'YYYY-MM-DD') AS start,
        count(*)::int AS artifacts, count(*) FILTER (WHERE visible)::int AS discoveries FROM read_1.discovery AS d
      WHERE ${HALF} AND published_ms >= 946684800000 GROUP BY 1 ORDER BY 1 DESC`);
    const { items } = await timeline('name:half', 'since=2000&limit=1000');
    expect(items.map(({ start, artifacts, discoveries }) => ({ start, artifacts, discoveries }))).toEqual(expected);
  });

  it('trending counts the days of the window, and those before it beside', async () => {
    const { parameters } = parseTrendingParameters(new URLSearchParams('windowDays=10'), NOW_MS);
    const { window, items } = await body<{ window: object; items: Record<string, unknown>[] }>(queries.listTrendingTopics(parameters));
    expect(window).toEqual({ since: '2026-06-21', until: '2026-07-01', days: 10 });
    const nlp = items.find(({ topicId }) => topicId === 'name:nlp');
    // 21, 29 and 30 June in the window, one of them in its first half; none from 11 to 20 June.
    expect(nlp).toMatchObject({
      artifacts: 3,
      artifactsBefore: 0,
      growth: 3,
      velocity: 0.3,
      acceleration: 0.2,
      emergence: 55,
      prediction: 'stable',
    });
    const counts = items.map(({ artifacts }) => artifacts as number);
    expect(counts).toEqual([...counts].sort((left, right) => right - left));
    const later = parseTrendingParameters(new URLSearchParams('windowDays=365&until=2026-07&limit=1'), NOW_MS).parameters;
    const [row] = (await body<{ items: Record<string, unknown>[] }>(queries.listTrendingTopics(later))).items;
    const [expected] = await truth(`SELECT count(*)::int AS artifacts FROM read_1.discovery AS d WHERE ${HALF} AND published_precision = 1
      AND published_ms >= ${Date.parse('2025-07-01')} AND published_ms < ${Date.parse('2026-07-01')}`);
    expect(row).toMatchObject({ topicId: 'name:half', ...expected });
  });
});
