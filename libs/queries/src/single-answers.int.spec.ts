import { createTestStore, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { createQueries, encodePosition, parseIngestionsParameters, type Queries } from './index';

describe('artifacts, look-ups, ingestions and positions', () => {
  let test: TestStore;
  let client: Client;
  let queries: Queries;
  const parse = ({ body }: { body: Buffer }) => JSON.parse(body.toString()) as Record<string, unknown>;

  beforeAll(async () => {
    test = await createTestStore();
    client = new Client({ connectionString: test.database.url });
    await client.connect();
    queries = createQueries(test.store.reader, { cursorSecret: 'a secret of sixteen bytes', topicPrefix: test.topicPrefix });
    await client.query(`
      INSERT INTO read_1.discovery (artifact_id, source, artifact_type, published_ms, discovery_score, computed_at_ms, visible, guards) VALUES
        ('arxiv:hep-th/9711200', 'arxiv', 'paper', 0, 825000, 1000, true, 0), ('unscored', 'arxiv', 'paper', 0, NULL, NULL, false, 0),
        ('only scored', NULL, NULL, NULL, 10000, NULL, false, 0), ('gone', NULL, NULL, NULL, NULL, NULL, false, 0)`);
    await client.query(`
      INSERT INTO read_1.artifact_card (artifact_id, card, detail, topics, entities) VALUES
        ('arxiv:hep-th/9711200', '"artifactId":"arxiv:hep-th/9711200","title":"Large N"', '"text":"…","references":["x"]', '', ''),
        ('unscored', '"artifactId":"unscored","title":"U"', '', '', '')`);
  });

  afterAll(async () => {
    await client?.end();
    await test?.close();
  });

  const park = (topic: string, key: string) =>
    client.query(`INSERT INTO harvest.parked_key (generation, topic, partition, key) VALUES (1, $1, 0, convert_to($2, 'UTF8'))`, [
      `${test.topicPrefix}${topic}.v1`,
      key,
    ]);

  it('gives an observed artifact whole: card, scores, detail; unscored ones too', async () => {
    expect(parse(await queries.getArtifact('arxiv:hep-th/9711200'))).toEqual({
      artifactId: 'arxiv:hep-th/9711200',
      title: 'Large N',
      discoveryScore: 82.5,
      computedAt: '1970-01-01T00:00:01.000Z',
      text: '…',
      references: ['x'],
    });
    expect(parse(await queries.getArtifact('unscored'))).toEqual({ artifactId: 'unscored', title: 'U' });
  });

  it.each(['nobody', 'only scored', 'gone'])('does not know %s: artifact-unknown', async (id) => {
    await expect(queries.getArtifact(id)).rejects.toMatchObject({ code: 'artifact-unknown', retriable: false, context: { parked: false } });
  });

  it('says of a parked key that it is parked, in an artifact, in a look-up, and where nothing is known yet', async () => {
    await park('artifacts', 'never seen');
    await park('scores', 'unscored');
    await park('ingestions', 'arxiv:hep-th/9711200');
    expect(parse(await queries.getArtifact('unscored'))).toMatchObject({ parked: true });
    expect(parse(await queries.getArtifact('arxiv:hep-th/9711200'))).not.toHaveProperty('parked');
    await expect(queries.getArtifact('never seen')).rejects.toMatchObject({ code: 'artifact-unknown', context: { parked: true } });
    expect(parse(await queries.lookupArtifacts(['unscored'])).items).toEqual([{ artifactId: 'unscored', title: 'U', parked: true }]);
  });

  it('looks ids up in the order asked for, and lists what is missing', async () => {
    const found = parse(await queries.lookupArtifacts(['nobody', 'unscored', 'only scored', 'arxiv:hep-th/9711200', 'gone']));
    expect((found['items'] as { artifactId: string }[]).map((item) => item.artifactId)).toEqual(['unscored', 'arxiv:hep-th/9711200']);
    expect(found['missing']).toEqual(['nobody', 'only scored', 'gone']);
  });

  describe('ingestions', () => {
    beforeAll(async () => {
      const topic = `${test.topicPrefix}artifacts.v1`;
      await client.query(
        `INSERT INTO read_1.ingestion (ingestion_id, state, source, expected, counts, manifest, error, started_ms, progressed_ms, ended_ms,
           completed_partition, completed_offset, guards) VALUES
         ('a', 'announced', 'arxiv', 10, NULL, NULL, NULL, 5000, NULL, NULL, NULL, NULL, 0),
         ('b', 'completed', 'arxiv', NULL, '{"artifact.observed":3}', $1, NULL, 4000, 4100, 4200, 0, 7, 0),
         ('c', 'completed', 'acl', NULL, NULL, NULL, NULL, 4000, NULL, 4300, 0, 9, 0),
         ('d', 'failed', 'acl', NULL, NULL, NULL, 'disk full', 3000, NULL, 3100, NULL, NULL, 0),
         ('e', 'running', NULL, NULL, '{"score.computed":1}', NULL, NULL, NULL, 2000, NULL, NULL, NULL, 0),
         ('f', 'running', NULL, NULL, NULL, NULL, NULL, NULL, 2000, NULL, NULL, NULL, 0)`,
        [JSON.stringify({ [topic]: { 0: 9, 1: 4, 2: 0 } })],
      );
      await client.query(`INSERT INTO harvest.ingestion_outcome (ingestion_id, completed_partition, completed_offset, outcome, detail, decided_ms)
        VALUES ('c', 0, 9, 'complete-with-rejections', '{"rejected":1}', 5000), ('b', 0, 6, 'complete', '{}', 1)`);
      await test.store.projections.ensureCheckpoints(
        { generation: 1, schema: 'read_1' },
        [10n, 4n].map((next, partition) => ({ topic, partition, firstOffset: next as never, partitionCount: 3 })),
      );
    });

    const states = async (search: string) => {
      const page = parse(await queries.listIngestions(parseIngestionsParameters(new URLSearchParams(search)).parameters));
      return page as { items: { ingestionId: string; state: string }[]; nextCursor: string | null; hasMore: boolean };
    };

    it('are listed newest start first, those of unknown start last, page by page', async () => {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Awaited<ReturnType<typeof states>> = await states(cursor === '' ? 'limit=1' : `limit=1&cursor=${cursor}`);
        seen.push(...page.items.map((item) => `${item.ingestionId} ${item.state}`));
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(['a announced', 'c complete-with-rejections', 'b pending', 'd failed', 'f running', 'e running']);
    });

    it('refuse a cursor of another list', async () => {
      const strangers = createQueries(test.store.reader, { cursorSecret: 'another secret, long enough', topicPrefix: '' });
      const { body } = await strangers.listIngestions({ limit: 1, cursor: null });
      const { nextCursor } = JSON.parse(body.toString()) as { nextCursor: string };
      await expect(states(`cursor=${nextCursor}`)).rejects.toMatchObject({ code: 'invalid-cursor' });
    });

    it('show how far each partition of the manifest is, and are pending until *this* completion is decided', async () => {
      const topic = `${test.topicPrefix}artifacts.v1`;
      expect(parse(await queries.getIngestion('b'))).toMatchObject({
        state: 'pending',
        counts: { 'artifact.observed': 3 },
        startedAt: '1970-01-01T00:00:04.000Z',
        progress: {
          passed: 1,
          of: 3,
          partitions: [
            { topic, partition: 0, lastOffset: 9, nextOffset: 10, passed: true },
            { topic, partition: 1, lastOffset: 4, nextOffset: 4, passed: false },
            { topic, partition: 2, lastOffset: 0, nextOffset: null, passed: false },
          ],
        },
      });
      expect(parse(await queries.getIngestion('c'))).toMatchObject({ state: 'complete-with-rejections', detail: { rejected: 1 } });
      expect(parse(await queries.getIngestion('d'))).toMatchObject({ state: 'failed', error: 'disk full' });
      await expect(queries.getIngestion('z')).rejects.toMatchObject({ code: 'ingestion-unknown' });
    });
  });

  describe('a position', () => {
    const least = (topic: string, nextOffset: bigint) => ({ generation: null, offsets: [{ topic, partition: 5, nextOffset }] });

    it('is waited for until the checkpoints have reached it, and no longer than waitMs', async () => {
      const topic = `${test.topicPrefix}scores.v1`;
      await test.store.projections.ensureCheckpoints({ generation: 1, schema: 'read_1' }, [
        { topic, partition: 5, firstOffset: 3n as never, partitionCount: 6 },
      ]);
      expect(await queries.awaitPosition(least(topic, 3n), 0)).toBe(true);
      expect(await queries.awaitPosition(least(topic, 4n), 60)).toBe(false);
      const waiting = queries.awaitPosition(least(topic, 4n), 5000);
      await client.query('UPDATE harvest.checkpoint SET next_offset = 4 WHERE topic = $1', [topic]);
      expect(await waiting).toBe(true);
    });

    it('of a partition without a checkpoint is not reached; of a stranger’s topic, invalid', async () => {
      expect(await queries.awaitPosition(least(`${test.topicPrefix}entities.v1`, 1n), 30)).toBe(false);
      await expect(queries.awaitPosition(least('theirs.scores.v1', 1n), 30)).rejects.toMatchObject({ code: 'invalid-position' });
      expect(encodePosition(least('t', 1n))).not.toBe('');
    });
  });
});
