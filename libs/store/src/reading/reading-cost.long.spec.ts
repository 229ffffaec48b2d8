import { readFileSync } from 'node:fs';
import { toOffset } from '@harvest/kernel';
import type { NamedQuery } from '@harvest/read-models';
import { createTestStore, handChunk, type TestStore } from '@harvest/testing';
import { Client } from 'pg';
import { withSnapshot } from './snapshot';

/** What the snapshot costs beside the rows, in CPU µs of the backend and of Node. Run by TEST_STAGE=long. */
const ROUNDS = 3_000;
const PARTITIONS = 12;

const page: NamedQuery = {
  name: 'bench-page',
  dependsOn: ['artifacts', 'scores'],
  text: (schema) => `SELECT d.artifact_id, d.discovery_score, c.card FROM ${schema}.discovery AS d
    JOIN ${schema}.artifact_card AS c ON c.artifact_id = d.artifact_id
    WHERE d.visible ORDER BY d.discovery_score DESC, d.artifact_id DESC LIMIT 50`,
};

async function fill(test: TestStore): Promise<void> {
  for (const family of ['artifacts', 'scores']) {
    const topic = `${test.topicPrefix}${family}.v1`;
    const at = (partition: number) => ({ topic, partition, firstOffset: toOffset(0), partitionCount: PARTITIONS });
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => at(partition));
    await test.store.projections.ensureCheckpoints(test.generation, partitions);
    await test.store.staleness.recordEnds(
      1,
      Date.now(),
      partitions.map((it) => ({ ...it, endOffset: toOffset(0) })),
    );
    const claim = await test.store.projections.claim(test.generation, at(0), 'bench');
    const events = Array.from({ length: 2_000 }, (_, index) =>
      family === 'scores' ? { id: `a${index}`, score: index % 100 } : { id: `a${index}`, title: 't' },
    );
    await test.store.projections.apply(handChunk({ ...claim, generation: test.generation, fromOffset: 0n, events }));
  }
}

describe('the cost of a read', () => {
  it('with and without its snapshot', async () => {
    const test = await createTestStore();
    await fill(test);
    const client = new Client({ connectionString: test.database.url });
    await client.connect();
    await client.query('VACUUM ANALYZE');
    const { pid } = (await client.query('SELECT pg_backend_pid() AS pid')).rows[0] as { pid: number };
    const ticks = () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return Number(fields[11]) + Number(fields[12]);
    };
    const wrapped = withSnapshot(page.text('read_1'), { topicPrefix: test.topicPrefix, dependsOn: page.dependsOn });
    for (let pair = 0; pair < 3; pair += 1) {
      for (const [name, text] of [
        ['bare', page.text('read_1')],
        ['snapshot', wrapped],
      ] as const) {
        for (let index = 0; index < 20; index += 1) await client.query({ name, text, rowMode: 'array' });
        const [before, cpu, started] = [ticks(), process.cpuUsage(), performance.now()];
        for (let index = 0; index < ROUNDS; index += 1) await client.query({ name, text, rowMode: 'array' });
        const used = process.cpuUsage(cpu);
        const micros = (value: number) => (value / ROUNDS).toFixed(0).padStart(5);
        process.stdout.write(
          `${name.padEnd(9)} backend ${micros((ticks() - before) * 10_000)} µs  node ${micros(used.user + used.system)} µs  wall ${micros((performance.now() - started) * 1_000)} µs\n`,
        );
      }
    }
    expect((await test.store.reader.query(page, [])).snapshot.stalenessMs).not.toBeNull();
    await client.end();
    await test.close();
  }, 300_000);
});
