import { createTestStore, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { createQueries, parseDiscoveriesParameters, parseExportParameters, type Queries } from './index';
import { SAMPLE_TOPICS, sampleStatements } from './testing/sample-discoveries';

const ROWS = 3000;
const NOW_MS = Date.parse('2026-06-30T12:00:00Z');
const SORT_COLUMNS = { score: 'discovery_score', recent: 'published_ms', hot: 'hot' };

const IN_TOPIC = (name: string) => `hashtextextended(artifact_id, 7) % ${SAMPLE_TOPICS[name as keyof typeof SAMPLE_TOPICS]} = 0`;

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
  readonly hasMore: boolean;
  readonly total?: number;
}

describe('discoveries, listed and exported', () => {
  let test: TestStore;
  let client: Client;
  let queries: Queries;

  beforeAll(async () => {
    test = await createTestStore();
    client = new Client({ connectionString: test.database.url });
    await client.connect();
    for (const statement of sampleStatements({ schema: 'read_1', rows: ROWS })) await client.query(statement);
    queries = createQueries(test.store.reader, { cursorSecret: 'a secret of sixteen bytes', topicPrefix: test.topicPrefix });
  }, 60_000);

  afterAll(async () => {
    await client?.end();
    await test?.close();
  });

  const list = async (search: string): Promise<Page> => {
    const { parameters } = parseDiscoveriesParameters(new URLSearchParams(search), NOW_MS);
    const { body } = await queries.listDiscoveries(parameters);
    return JSON.parse(body.toString()) as Page;
  };
  const walk = async (search: string): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await list(cursor === '' ? search : `${search}&cursor=${cursor}`);
      ids.push(...page.items.map((item) => item['artifactId'] as string));
      expect(page.hasMore).toBe(page.nextCursor !== null);
      cursor = page.nextCursor;
    }
    return ids;
  };
  const exported = async (search: string): Promise<readonly Record<string, unknown>[]> => {
    const lines: Record<string, unknown>[] = [];
    for await (const chunk of queries.exportDiscoveries(parseExportParameters(new URLSearchParams(search), NOW_MS)))
      for (const line of chunk.toString().trimEnd().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
    return lines;
  };
  const expected = async (where: string, sort: keyof typeof SORT_COLUMNS): Promise<readonly string[]> => {
    const text = `SELECT artifact_id FROM read_1.discovery WHERE visible AND ${where} ORDER BY ${SORT_COLUMNS[sort]} DESC, artifact_id DESC`;
    return (await client.query<{ artifact_id: string }>(text)).rows.map((row) => row.artifact_id);
  };

  const filters: [search: string, where: string][] = [
    ['', 'true'],
    ['source=lobsters', "source = 'lobsters'"],
    ['source=rare', "source = 'rare'"],
    ['source=arxiv,acl,nowhere', "source IN ('arxiv', 'acl')"],
    ['type=release', "artifact_type = 'release'"],
    ['type=tweet', "artifact_type = 'tweet'"],
    ['source=arxiv&type=paper', "source = 'arxiv' AND artifact_type = 'paper'"],
    ['minScore=12.34', 'discovery_score >= 123400'],
    ['since=1975', 'published_ms >= 157766400000'],
    ['since=1968&until=1971-03', 'published_ms >= -63158400000 AND published_ms < 36633600000'],
    [
      'source=github&minScore=30&since=1990-05-17&until=2010',
      "source = 'github' AND discovery_score >= 300000 AND published_ms >= 642902400000 AND published_ms < 1262304000000",
    ],
    ['type=paper&until=1999', "artifact_type = 'paper' AND published_ms < 915148800000"],
    ['topic=name:half', IN_TOPIC('half')],
    ['topic=name:percent', IN_TOPIC('percent')],
    ['topic=name:rare', IN_TOPIC('rare')],
    ['entity=name:tenth', IN_TOPIC('tenth')],
    ['entity=name:percent&minScore=20', `${IN_TOPIC('percent')} AND discovery_score >= 200000`],
    ['topic=name:nowhere', 'false'],
    [
      'topic=name:tenth&minScore=20&since=1980&until=2011-03',
      `${IN_TOPIC('tenth')} AND discovery_score >= 200000
      AND published_ms >= 315532800000 AND published_ms < 1298937600000`,
    ],
    ['hours=87600', `published_ms >= ${NOW_MS - 87_600 * 3_600_000}`],
  ];
  const sorts = ['score', 'recent', 'hot'] as const;

  it.each(sorts.flatMap((sort) => filters.map(([search, where]) => [sort, search, where] as const)))(
    'sort=%s&%s: every page of a walk, and the export, are exactly the rows in order',
    async (sort, search, where) => {
      const rows = await expected(where, sort);
      expect(await walk(`sort=${sort}&limit=173&${search}`)).toEqual(rows);
      const lines = await exported(`sort=${sort}&${search}`);
      expect(lines.filter((line) => 'artifactId' in line).map((line) => line['artifactId'])).toEqual(rows);
      expect(lines.at(-1)).toEqual({ nextCursor: null, items: rows.length });
    },
  );

  it('goes on from any line of a broken export', async () => {
    const whole = await exported('sort=recent');
    const cursor = whole.findIndex((line) => 'nextCursor' in line);
    const rest = await exported(`sort=recent&cursor=${String(whole[cursor]?.['nextCursor'])}`);
    const items = (lines: typeof whole) => lines.filter((line) => 'artifactId' in line);
    expect([...items(whole.slice(0, cursor)), ...items(rest)]).toEqual(items(whole));
    expect(cursor).toBe(500);
  });

  it('says of an item what the card and the scores say, and leaves out what is unknown', async () => {
    const { items } = await list('limit=50');
    const id = items[0]?.['artifactId'] as string;
    const { rows } = await client.query<{
      discovery_score: number;
      novelty: number | null;
      model: string | null;
      source: string;
      artifact_type: string;
    }>('SELECT discovery_score, novelty, model, source, artifact_type FROM read_1.discovery WHERE artifact_id = $1', [id]);
    const row = rows[0]!;
    expect(items[0]).toEqual({
      artifactId: id,
      source: row.source,
      artifactType: row.artifact_type,
      title: expect.any(String) as string,
      authors: [{ name: 'Ada' }],
      discoveryScore: row.discovery_score / 10_000,
      ...(row.novelty === null ? {} : { novelty: row.novelty / 10_000 }),
      computedAt: '2026-09-21T14:13:20.123Z',
      ...(row.model === null ? {} : { model: row.model }),
    });
    expect(items.some((item) => !('novelty' in item))).toBe(true);
    expect(items.some((item) => !('model' in item))).toBe(true);
  });

  it.each(['', 'source=arxiv', 'source=arxiv,rare', 'type=release', 'source=github&type=repository', 'source=nowhere'])(
    'counts exactly with total=true: %s, and every range of whole days of it',
    async (search) => {
      const where = filtersOf(search);
      for (const [since, until] of [
        [null, null],
        ['1968', null],
        [null, '1970-01-01'],
        ['1969-12-31', '2001-02'],
        ['2020-02-29', '2020-03-01'],
      ] as const) {
        const range = [since && `since=${since}`, until && `until=${until}`].filter(Boolean).join('&');
        const bounds = [since && `published_ms >= ${startMs(since)}`, until && `published_ms < ${startMs(until)}`].filter(Boolean);
        const rows = await expected([where, ...bounds].join(' AND '), 'score');
        expect((await list(`total=true&limit=1&${search}&${range}`)).total).toBe(rows.length);
      }
    },
  );

  it.each([
    ['minScore', 'minScore=1'],
    ['since', 'since=2020-01-01T00:00:01Z'],
    ['until', 'until=2020-01-01T12:00:00%2B02:00'],
    ['hours', 'hours=24'],
  ])('refuses a total that is not kept, naming %s', async (parameter, search) => {
    await expect(list(`total=true&${search}`)).rejects.toMatchObject({ code: 'total-not-kept', context: { parameter } });
  });

  it('refuses a cursor of another sort or filter, a changed one, and one signed with another secret', async () => {
    const { nextCursor } = await list('limit=2&source=arxiv');
    const strangers = createQueries(test.store.reader, { cursorSecret: 'another secret, long enough', topicPrefix: test.topicPrefix });
    const foreign = JSON.parse(
      (
        await strangers.listDiscoveries(parseDiscoveriesParameters(new URLSearchParams('limit=2&source=arxiv'), NOW_MS).parameters)
      ).body.toString(),
    ) as Page;
    const refusals = [
      `source=arxiv&sort=recent&cursor=${nextCursor}`,
      `source=github&cursor=${nextCursor}`,
      `source=arxiv&minScore=1&cursor=${nextCursor}`,
      `source=arxiv&cursor=${nextCursor!.slice(0, -2)}AA`,
      `source=arxiv&cursor=${nextCursor}A`,
      `source=arxiv&cursor=x`,
      `source=arxiv&cursor=${foreign.nextCursor}`,
    ];
    for (const search of refusals) await expect(list(search)).rejects.toMatchObject({ code: 'invalid-cursor' });
    expect((await list(`source=arxiv&limit=7&cursor=${nextCursor}`)).items).toHaveLength(7);
  });

  it('walks a rolling window as it stood when the walk began', async () => {
    const all = await list('hours=87600&limit=200');
    const { parameters } = parseDiscoveriesParameters(new URLSearchParams('hours=87600&limit=2'), NOW_MS);
    const first = JSON.parse((await queries.listDiscoveries(parameters)).body.toString()) as Page;
    const later = parseDiscoveriesParameters(
      new URLSearchParams(`hours=87600&limit=200&cursor=${first.nextCursor}`),
      NOW_MS + 300 * 86_400_000,
    );
    const rest = JSON.parse((await queries.listDiscoveries(later.parameters)).body.toString()) as Page;
    expect([...first.items, ...rest.items].slice(0, 200)).toEqual(all.items);
  });

  it('knows the generation, the counters and the positions of its own snapshot', async () => {
    const topic = `${test.topicPrefix}artifacts.v1`;
    const partition = { topic, partition: 3, firstOffset: 17n as never, partitionCount: 12 };
    await test.store.projections.ensureCheckpoints({ generation: 1, schema: 'read_1' }, [partition]);
    const { snapshot } = await queries.listDiscoveries(parseDiscoveriesParameters(new URLSearchParams(), NOW_MS).parameters);
    expect(snapshot.freshness.generation).toBe(1);
    expect(snapshot.freshness.counters.map(({ scope }) => scope).sort()).toEqual(['discoveries', 'ingestions']);
    expect(snapshot.positions).toEqual([{ topic, partition: 3, nextOffset: 17n }]);
  });
});

function filtersOf(search: string): string {
  const given = new URLSearchParams(search);
  const sources = given
    .get('source')
    ?.split(',')
    .map((source) => `'${source}'`);
  return [
    sources ? `source IN (${sources.join(', ')})` : 'true',
    given.has('type') ? `artifact_type = '${given.get('type')}'` : 'true',
  ].join(' AND ');
}

function startMs(date: string): number {
  return Date.parse(`${date.padEnd(10, '-01').slice(0, 10)}T00:00:00Z`);
}
