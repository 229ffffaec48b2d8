import { DEFAULT_TOPIC_PREFIX, type LogRecord } from '@harvest/contracts';
import { memoryRows, memorySnapshot, MemoryProjectionStore, projectLog, randomLog, type RowsByTable, SeededRandom } from '@harvest/testing';
import type { CanonicalRow } from './canonical';
import { compareTables } from './compare-tables';
import { expectedTables } from './expected-tables';
import { Reducer } from './reducer';
import { TABLE_NAMES } from './snapshot';
import { verify } from './verify';

const RUNS = Number(process.env['MUTATION_RUNS'] ?? 10);
const TIMEOUT_MS = 60_000 + RUNS * 1000;

const log = randomLog({ seed: 42, records: 160, subjects: 12, poison: true });
const topicPrefix = DEFAULT_TOPIC_PREFIX;
type Tamper = (records: readonly LogRecord[]) => readonly LogRecord[];

async function project(tamper: Tamper = (records) => records): Promise<MemoryProjectionStore> {
  const store = new MemoryProjectionStore();
  await projectLog(log, store, { random: new SeededRandom(7), tamper });
  return store;
}

/** What the log says, reduced once. */
async function reduced(store: MemoryProjectionStore): Promise<ReturnType<typeof expectedTables>> {
  const reducer = new Reducer({ topicPrefix }, memorySnapshot(store));
  for (const { topic, partition, records } of log.partitions) for (const record of records) reducer.add({ topic, partition }, record);
  return expectedTables(reducer);
}

const compare = (expected: ReturnType<typeof expectedTables>, store: MemoryProjectionStore, rows = memoryRows(store)) =>
  compareTables(expected, memorySnapshot(store, rows));

/** A tampered chunk may end in rows that are right all the same (the loser of two events lost): that is no fault. */
async function injectedFaults(makeTamper: (random: SeededRandom) => Tamper): Promise<{ injected: number; caught: number }> {
  const rightStore = await project();
  const right = JSON.stringify(sorted(memoryRows(rightStore)));
  const expected = await reduced(rightStore);
  const tally = { injected: 0, caught: 0 };
  for (let seed = 1; tally.injected < RUNS && seed < RUNS * 50; seed += 1) {
    const store = await project(makeTamper(new SeededRandom(seed)));
    if (JSON.stringify(sorted(memoryRows(store))) === right) continue;
    tally.injected += 1;
    if ((await compare(expected, store)).differing > 0) tally.caught += 1;
  }
  return tally;
}

const sorted = (rows: RowsByTable) => TABLE_NAMES.map((table) => rows[table].map((row) => JSON.stringify(row)).sort());

const pickPartition = (random: SeededRandom) =>
  random.pick(log.partitions.filter(({ topic, records }) => records.length > 0 && !topic.includes('relationships')));

function loseOne(random: SeededRandom): Tamper {
  const lost = random.pick(pickPartition(random).records);
  return (records) => records.filter((record) => record !== lost);
}

/** A record and the next one of its key change places. */
function exchangeTwo(random: SeededRandom): Tamper {
  const { records: all } = pickPartition(random);
  const index = random.below(all.length);
  const one = all[index]!;
  const other = all.slice(index + 1).find(({ key }) => key !== null && one.key !== null && key.equals(one.key)) ?? one;
  const exchanged = (record: LogRecord) => (record === one ? other : record === other ? one : record);
  return (records) => records.map(exchanged);
}

/** A record comes again with the last chunk of its partition. */
function repeatAtEnd(random: SeededRandom): Tamper {
  const { records: all } = pickPartition(random);
  const again = random.pick(all);
  return (records) => (records.at(-1) === all.at(-1) ? [...records, again] : records);
}

describe('faults of an engine', () => {
  it('leave the oracle content when there are none', async () => {
    const report = await verify({ topicPrefix, log, snapshot: memorySnapshot(await project()) });
    expect(report).toMatchObject({ ok: true, differing: 0, findings: [] });
  });

  it.each<[string, (random: SeededRandom) => Tamper]>([
    ['a lost event', loseOne],
    ['two events exchanged', exchangeTwo],
    ['an event applied again after later ones', repeatAtEnd],
  ])(
    `are caught, all of ${RUNS}: %s`,
    async (_name, makeTamper) => {
      expect(await injectedFaults(makeTamper)).toEqual({ injected: RUNS, caught: RUNS });
    },
    TIMEOUT_MS,
  );

  it(
    `are caught, all of ${RUNS}: an event counted twice`,
    async () => {
      const store = await project();
      const expected = await reduced(store);
      for (let seed = 1; seed <= RUNS; seed += 1) {
        const random = new SeededRandom(seed);
        const rows = structuredClone(memoryRows(store));
        for (const table of ['count_by_kind', 'count_by_day'] as const) {
          const index = random.below(rows[table].length);
          const row = rows[table][index]!;
          rows[table][index] = { ...row, artifacts: String(Number(row['artifacts']) + 1) };
        }
        const { differences } = await compare(expected, store, rows);
        expect(differences.map(({ table }) => table)).toEqual(['count_by_kind', 'count_by_day']);
      }
    },
    TIMEOUT_MS,
  );
});

/** One column of one row becomes another value of its kind. */
function spoil(random: SeededRandom, row: CanonicalRow): CanonicalRow {
  const column = random.pick(Object.keys(row));
  const value = row[column] ?? null;
  if (typeof value === 'boolean') return { ...row, [column]: !value };
  if (typeof value === 'number') return { ...row, [column]: value + 1 };
  if (value === null) return { ...row, [column]: '1' };
  return { ...row, [column]: /^-?\d+$/.test(value) ? String(BigInt(value) + 1n) : `${value} ` === value.trimEnd() ? '' : `x${value}` };
}

describe('spoilt rows', () => {
  it.each(TABLE_NAMES)(
    `are caught in %s, all of ${RUNS}, and named`,
    async (table) => {
      const store = await project();
      const expected = await reduced(store);
      for (let seed = 1; seed <= RUNS; seed += 1) {
        const random = new SeededRandom(seed);
        const rows = structuredClone(memoryRows(store));
        const index = random.below(rows[table].length);
        rows[table][index] = spoil(random, rows[table][index]!);
        const { differing, differences } = await compare(expected, store, rows);
        expect([seed, differing > 0, differences[0]?.table]).toEqual([seed, true, table]);
      }
    },
    TIMEOUT_MS,
  );

  it.each(TABLE_NAMES)('are caught in %s when one is gone, one is there twice, or one too many', async (table) => {
    const store = await project();
    const expected = await reduced(store);
    const spoiltBy = async (change: (rows: CanonicalRow[]) => CanonicalRow[]) => {
      const rows = structuredClone(memoryRows(store));
      rows[table] = change(rows[table]);
      return (await compare(expected, store, rows)).differences.map(({ kind }) => kind);
    };
    expect(await spoiltBy((rows) => rows.slice(1))).toEqual(['missing']);
    expect(await spoiltBy((rows) => [rows[0]!, ...rows])).toEqual(['twice']);
    const renamed = Object.fromEntries(
      Object.entries(memoryRows(store)[table][0]!).map(([name, value], index) => [name, index === 0 ? 'nobody' : value]),
    );
    expect(await spoiltBy((rows) => [...rows, renamed])).toEqual(['unexpected']);
  });

  it('are caught when a whole table was not read', async () => {
    const store = await project();
    const report = await verify({ topicPrefix, log, snapshot: memorySnapshot(store, { ...memoryRows(store), discovery: [] }) });
    expect(report).toMatchObject({ ok: false });
    expect(report.tables.find(({ table }) => table === 'discovery')).toMatchObject({ compared: 0 });
  });
});
