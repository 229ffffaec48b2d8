import { createTestStore, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import type { DiscoveryFilter, DiscoverySort } from './discovery-filter';
import { DISCOVERY_SORTS } from './discovery-filter';
import { buildListDiscoveries } from './list-discoveries.query';
import { sampleStatements } from './testing/sample-discoveries';

const ROWS = 120_000;
const LIMIT = 50;
/** What a walk along one index past what another column excludes, or gathering by the other, comes to at worst. */
const WORST = Math.sqrt((LIMIT + 1) * ROWS);
/** Where the planner chooses between them: it takes walking for cheaper than it is. */
const PLANNERS_WORST = 3 * WORST;
const NONE: DiscoveryFilter = {
  sources: [],
  artifactType: null,
  topicId: null,
  entityId: null,
  minScore: null,
  sinceMs: null,
  untilMs: null,
  hours: null,
};
const day = (date: string) => Date.parse(`${date}T00:00:00Z`);

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** What a plan came to, of the parts of it that really ran. */
interface Work {
  readonly sequentialScans: number;
  /** Rows of discovery that were looked at. */
  readonly looked: number;
  /** The most rows that one sort took in. */
  readonly sorted: number;
}

describe(`the plans of the list on ${ROWS} rows`, () => {
  let test: TestStore;
  let client: Client;

  beforeAll(async () => {
    test = await createTestStore();
    client = new Client({ connectionString: test.database.url });
    await client.connect();
    for (const statement of sampleStatements({ schema: 'read_1', rows: ROWS })) await client.query(statement);
    await client.query('VACUUM');
    // As the reader's connections are, see the first test.
    await client.query('SET jit = off; SET max_parallel_workers_per_gather = 0');
  }, 120_000);

  afterAll(async () => {
    await client?.end();
    await test?.close();
  });

  it('are what the reader runs: it compiles none and starts no workers, which would cost more than any answer', async () => {
    const text = () => `SELECT current_setting('jit') AS jit, current_setting('max_parallel_workers_per_gather') AS workers`;
    const { rows } = await test.store.reader.query({ name: 'reader-settings', dependsOn: [], text }, []);
    expect(rows).toEqual([{ jit: 'off', workers: '0' }]);
  });

  const cases: [string, Partial<DiscoveryFilter>, 'page' | 'worst'][] = [
    ['no filter', {}, 'page'],
    ['the commonest source', { sources: ['lobsters'] }, 'page'],
    ['two common sources', { sources: ['arxiv', 'github'] }, 'page'],
    ['the commonest type', { artifactType: 'post' }, 'page'],
    ['a common source and type', { sources: ['arxiv'], artifactType: 'preprint' }, 'page'],
    ['a source of five per cent', { sources: ['acl'] }, 'worst'],
    ['a source of half a per cent', { sources: ['half-percent'] }, 'worst'],
    ['the rarest source', { sources: ['rare'] }, 'page'],
    ['a source that does not exist', { sources: ['nowhere'] }, 'page'],
    ['the rarest type', { artifactType: 'tweet' }, 'page'],
    ['a type of two per cent', { artifactType: 'release' }, 'worst'],
    ['the rarest source and type', { sources: ['rare'], artifactType: 'release' }, 'page'],
    ['a topic of half of all', { topicId: 'name:half' }, 'page'],
    ['a topic of a tenth', { topicId: 'name:tenth' }, 'page'],
    ['a topic of one per cent', { topicId: 'name:percent' }, 'worst'],
    ['a topic of one in a thousand', { topicId: 'name:per-mille' }, 'page'],
    ['an entity of half of all', { entityId: 'name:half' }, 'page'],
    ['an entity of one per cent', { entityId: 'name:percent' }, 'worst'],
    ['the rarest topic', { topicId: 'name:rare' }, 'page'],
    ['a topic that does not exist', { topicId: 'name:nowhere' }, 'page'],
    ['a source with a type that it does not have', { sources: ['rare'], artifactType: 'post' }, 'page'],
  ];
  it.each(DISCOVERY_SORTS.flatMap((sort) => cases.map(([name, filter, bound]) => [sort, name, filter, bound] as const)))(
    'by %s, %s: no sequential scan, few rows looked at',
    async (sort, _name, filter, bound) => {
      const work = await workOf(client, sort, { ...NONE, ...filter });
      expect(work.sequentialScans).toBe(0);
      // The kinds' own ranges give a page each under `recent`; there are at most three kinds in any of these.
      expect(work.looked).toBeLessThan(bound === 'page' ? 20 * LIMIT : 1.2 * WORST);
      expect(work.sorted).toBeLessThan(bound === 'page' ? 4 * (LIMIT + 1) : WORST);
    },
  );

  const ranges: [string, Partial<DiscoveryFilter>][] = [
    ['most scores', { minScore: 10_000 }],
    ['the highest scores', { minScore: 980_000 }],
    ['nearly all days', { sinceMs: day('1970-01-01') }],
    ['the last days', { sinceMs: day('2026-06-20') }],
    ['one month', { sinceMs: day('2010-05-01'), untilMs: day('2010-06-01') }],
    ['the last days, high scores, two sources', { sinceMs: day('2026-06-20'), minScore: 700_000, sources: ['arxiv', 'github'] }],
    ['high scores of a common source', { minScore: 900_000, sources: ['lobsters'] }],
    ['one month of a common topic', { sinceMs: day('2010-05-01'), untilMs: day('2010-06-01'), topicId: 'name:half' }],
    ['high scores of a common topic', { minScore: 980_000, topicId: 'name:half' }],
    ['high scores of a topic of a tenth', { minScore: 980_000, topicId: 'name:tenth' }],
    ['high scores of a small topic', { minScore: 900_000, topicId: 'name:percent' }],
    ['the last month of a rare type', { sinceMs: day('2026-06-01'), artifactType: 'release' }],
  ];
  it.each(DISCOVERY_SORTS.flatMap((sort) => ranges.map(([name, filter]) => [sort, name, filter] as const)))(
    'by %s, %s: no sequential scan, at worst about √(limit × rows)',
    async (sort, _name, filter) => {
      const work = await workOf(client, sort, { ...NONE, ...filter });
      expect(work.sequentialScans).toBe(0);
      expect(work.looked).toBeLessThan(PLANNERS_WORST);
    },
  );

  it('goes on from any depth as cheaply as from the start', async () => {
    const { rows } = await client.query<{ artifact_id: string; hot: string }>(
      'SELECT artifact_id, hot FROM read_1.discovery WHERE visible ORDER BY hot DESC, artifact_id DESC OFFSET 100000 LIMIT 1',
    );
    const after = { value: BigInt(rows[0]!.hot), artifactId: rows[0]!.artifact_id };
    const work = await workOf(client, 'hot', NONE, after);
    expect(work).toEqual({ sequentialScans: 0, looked: LIMIT + 1, sorted: LIMIT + 1 });
  });
});

/** Runs the statement as the reader would, planned for the values or not, and adds up what it did. */
async function workOf(
  client: Client,
  sort: DiscoverySort,
  filter: DiscoveryFilter,
  after: { value: bigint; artifactId: string } | null = null,
): Promise<Work> {
  const { query, values, options } = buildListDiscoveries({ filter, sort, after }, { limit: LIMIT, total: false });
  const literals = values.map((value) => client.escapeLiteral(Array.isArray(value) ? `{"${value.join('","')}"}` : String(value)));
  await client.query(`SET plan_cache_mode = force_${options.plan}_plan`);
  await client.query(`PREPARE the_list AS ${query.text('read_1')}`);
  try {
    const explain = `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE the_list${literals.length > 0 ? `(${literals.join(', ')})` : ''}`;
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explain);
    return addUp(rows[0]!['QUERY PLAN'][0].Plan);
  } finally {
    await client.query('DEALLOCATE the_list');
  }
}

function addUp(node: PlanNode): Work {
  const parts = [ownWork(node), ...(node.Plans ?? []).map(addUp)];
  return {
    sequentialScans: sum(parts.map((part) => part.sequentialScans)),
    looked: sum(parts.map((part) => part.looked)),
    sorted: Math.max(...parts.map((part) => part.sorted)),
  };
}

function ownWork(node: PlanNode): Work {
  const looked = node['Relation Name'] === 'discovery' ? rowsLookedAt(node) : 0;
  const scanned = node['Relation Name'] === 'discovery' && node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0;
  return { sequentialScans: scanned ? 1 : 0, looked, sorted: rowsSorted(node) };
}

function rowsLookedAt(node: PlanNode): number {
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return (node['Actual Rows'] + removed) * node['Actual Loops'];
}

function rowsSorted(node: PlanNode): number {
  return node['Node Type'].includes('Sort') ? (node.Plans?.[0]?.['Actual Rows'] ?? 0) : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
