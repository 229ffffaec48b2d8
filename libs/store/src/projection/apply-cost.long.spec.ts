import { readFileSync } from 'node:fs';
import { toOffset } from '@harvest/kernel';
import type { ArtifactBatch, ArtifactRows, Chunk, Claim, Evolved } from '@harvest/read-models';
import { createTestStore, handChunk, type HandEvent, type TestStore } from '@harvest/testing';
import { Client } from 'pg';

/**
 * What applying costs, in CPU µs per event: Node's share of the store and the backends'. Run by
 * TEST_STAGE=long: its figures need a quiet machine, so nothing is asserted but that the work was done.
 */
const CHUNKS = Number(process.env['STORE_BENCH_CHUNKS'] ?? 20);
const SIZE = Number(process.env['STORE_BENCH_SIZE'] ?? 1_500);
const SOURCES = ['arxiv', 'github', 'x', 'crossref'];

let test: TestStore;
let sql: Client;
beforeAll(async () => {
  test = await createTestStore({ pool: { writers: 1 } });
  sql = new Client({ connectionString: test.database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await test.close();
});

const TITLE = 'On the unreasonable effectiveness of ready-made fragments in materialized read models of event streams';
const id = (chunk: number, index: number) => `acl:${((chunk * SIZE + index) * 7919) % 1_000_003}-${chunk}.${index}`;
const artifacts = (chunk: number, suffix: string): HandEvent[] =>
  Array.from({ length: SIZE }, (_, index) => ({
    id: id(chunk, index),
    title: `${TITLE} ${index} ${suffix} ${TITLE} ${TITLE} ${TITLE} ${TITLE} ${TITLE}`,
    source: SOURCES[index % 4]!,
  }));
const scores = (chunk: number, add: number): HandEvent[] =>
  Array.from({ length: SIZE }, (_, index) => ({ id: id(chunk, index), score: (((index * 37) % 900) + add) / 10 }));

/** Everything that `fresh` makes is made before the clock starts; `evolve` of the hand planner is cheap. */
function warmed(chunk: Chunk, isFresh: boolean): Chunk {
  const plan = chunk.plan(new Set(), new Set());
  const batch = plan.artifacts!;
  const fresh: Evolved<ArtifactRows>[] = isFresh ? batch.ids.map((_id, index) => batch.fresh(index)) : [];
  const artifactsBatch: ArtifactBatch = { ...batch, fresh: (index) => fresh[index]! };
  return { ...chunk, plan: () => ({ ...plan, artifacts: artifactsBatch }) };
}

async function backendTicks(): Promise<number> {
  const { rows } = await sql.query(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  const ticks = rows.map(({ pid }: { pid: number }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, value) => sum + value, 0);
}

async function measure(
  name: string,
  claim: Claim,
  from: bigint,
  isFresh: boolean,
  eventsOf: (chunk: number) => HandEvent[],
): Promise<bigint> {
  const chunks = Array.from({ length: CHUNKS }, (_, index) =>
    warmed(handChunk({ ...claim, generation: test.generation, fromOffset: from + BigInt(index * SIZE), events: eventsOf(index) }), isFresh),
  );
  global.gc?.();
  const [ticksBefore, cpuBefore, started] = [await backendTicks(), process.cpuUsage(), performance.now()];
  for (const chunk of chunks) expect((await test.store.projections.apply(chunk)).kind).toBe('applied');
  const cpu = process.cpuUsage(cpuBefore);
  const wallMs = performance.now() - started;
  const ticks = (await backendTicks()) - ticksBefore;
  const events = CHUNKS * SIZE;
  const micros = (value: number) => (value / events).toFixed(1);
  process.stdout.write(
    `${name.padEnd(18)} node ${micros(cpu.user + cpu.system)} µs  backend ${micros(ticks * 10_000)} µs  wall ${micros(wallMs * 1000)} µs\n`,
  );
  return from + BigInt(events);
}

describe('the cost of apply', () => {
  it('per event', async () => {
    const claimOf = async (family: string, partition: number) => {
      const at = { topic: `${test.topicPrefix}${family}.v1`, partition, firstOffset: toOffset(0), partitionCount: 1 };
      await test.store.projections.ensureCheckpoints(test.generation, [at]);
      return test.store.projections.claim(test.generation, at, 'bench');
    };
    const [first, second] = [await claimOf('artifacts', 0), await claimOf('scores', 0)];
    let a = await measure('fresh artifacts', first, 0n, true, (chunk) => artifacts(chunk, 'a'));
    let s = await measure('fresh scores', second, 0n, false, (chunk) => scores(chunk, 0));
    s = await measure('rescoring', second, s, false, (chunk) => scores(chunk, 1));
    s = await measure('rescoring again', second, s, false, (chunk) => scores(chunk, 2));
    s = await measure('identical scores', second, s, false, (chunk) => scores(chunk, 2));
    a = await measure('identical artifacts', first, a, false, (chunk) => artifacts(chunk, 'a'));
    a = await measure('changed artifacts', first, a, false, (chunk) => artifacts(chunk, 'b'));
    expect(a + s).toBe(BigInt(CHUNKS * SIZE * 7));
  }, 600_000);
});
