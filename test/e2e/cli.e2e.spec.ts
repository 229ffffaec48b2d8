import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { RecordToAppend } from '@harvest/contracts';
import { encodeEvent } from '@harvest/contracts';
import type { CommandOutcome, OpenLog } from './product';
import {
  ensureBuilt,
  getJson,
  harvest,
  makeDataFolder,
  openLog,
  outcomeOf,
  sleep,
  StandaloneProcess,
  startHarvest,
  TOPIC_PREFIX,
} from './product';

function plainLine(index: number): string {
  const extra = { score: index % 300, comments: index % 40 };
  return JSON.stringify({
    id: `lobsters:${index}`,
    source: 'lobsters',
    type: 'post',
    title: `Nachricht № ${index}`,
    authors: ['jcs'],
    extra,
  });
}

function plainLines(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => `${plainLine(from + index)}\n`).join('');
}

describe('bin/harvest against a running standalone process', () => {
  const folder = makeDataFolder();
  let standalone: StandaloneProcess;
  let apiUrl: string;
  let log: OpenLog;

  beforeAll(async () => {
    ensureBuilt();
    standalone = new StandaloneProcess(folder.path, ['--empty']);
    await standalone.waitUntilReady();
    ({ apiUrl } = standalone.instance());
    log = openLog(standalone.instance());
  }, 120_000);
  afterAll(async () => {
    await log.close();
    await standalone.end();
    folder.remove();
  }, 60_000);

  const run = (...argumentList: readonly string[]) => harvest(folder.path, ...argumentList);
  async function runJson<T>(...argumentList: readonly string[]): Promise<T> {
    const { exitCode, out, err } = await run(...argumentList, '--json');
    if (exitCode !== 0) throw new Error(`harvest ${argumentList.join(' ')}: exit ${exitCode}\n${out}\n${err}`);
    return JSON.parse(out) as T;
  }
  function file(name: string, contents: string | Buffer): string {
    const path = join(folder.path, name);
    writeFileSync(path, contents);
    return path;
  }
  async function totalOf(source: string): Promise<number> {
    return ((await getJson(`${apiUrl}/v1/discoveries?source=${source}&limit=1&total=true`)) as { total: number }).total;
  }
  async function eventually(check: () => Promise<CommandOutcome>): Promise<void> {
    const untilMs = Date.now() + 20_000;
    for (let outcome = await check(); outcome.exitCode !== 0; outcome = await check()) {
      if (Date.now() > untilMs) throw new Error(`never: ${outcome.out}${outcome.err}`);
      await sleep(100);
    }
  }
  const untilCaughtUp = (...more: readonly string[]) => eventually(() => run('lag', '--max', '0', ...more));

  it('starts empty, and says how to fill it', () => {
    expect(standalone.out).toContain('bin/harvest simulate --wait');
  });

  it('publishes a file and returns when all of it is in the answers', async () => {
    const path = file('first.ndjson.gz', gzipSync(plainLines(500)));
    const receipt = await runJson<{ waited: object; counts: object }>('publish', path, '--scores', 'demo', '--wait');
    expect(receipt).toMatchObject({
      format: 'plain-artifacts',
      counts: { 'artifact.observed': 500, 'score.computed': 500 },
      waited: { outcome: 'complete', waitedMs: expect.any(Number) as number },
    });
    expect(await totalOf('lobsters')).toBe(500);
  });

  it('publishes the same file as a second ingestion of the same facts', async () => {
    const receipt = await runJson<{ ingestionId: string }>('publish', join(folder.path, 'first.ndjson.gz'), '--scores', 'demo', '--wait');
    expect(receipt.ingestionId).toMatch(/^file:first\.ndjson\.gz:[0-9a-f]{16}:demo-scores:run-2$/);
    expect(await totalOf('lobsters')).toBe(500);
  });

  it('reports lines that it did not publish, and fails unless that is allowed', async () => {
    const path = file('mixed.ndjson', `${plainLine(900)}\n{"id":"x"}\n${plainLine(901)}\n`);
    const refused = await run('publish', path);
    expect(refused.exitCode).toBe(1);
    expect(refused.out).toMatch(/^line\tcode\tpath\treason\n2\tpayload-invalid\t[^\n]+\n1 line was rejected\n/);
    await expect(run('publish', path, '--allow-rejects')).resolves.toMatchObject({ exitCode: 0 });
  });

  it('goes on with a publication that was killed half-way: nothing missing, nothing twice', async () => {
    const path = file('big.ndjson', plainLines(40_000, 10_000).replaceAll('lobsters', 'reddit'));
    const killed = startHarvest(folder.path, 'publish', path, '--scores', 'demo');
    const outcome = outcomeOf(killed);
    const before = await log.countArtifactRecords();
    while ((await log.countArtifactRecords()) < before + 12_000) await sleep(20);
    killed.kill('SIGKILL');
    expect((await outcome).exitCode).toBeNull();

    const receipt = await runJson<{ recordsWritten: number }>('publish', path, '--scores', 'demo', '--wait');
    expect(receipt).toMatchObject({
      resumed: true,
      counts: { 'artifact.observed': 40_000, 'score.computed': 40_000 },
      waited: { outcome: 'complete' },
    });
    expect(receipt.recordsWritten).toBeLessThan(80_000);
    expect(await totalOf('reddit')).toBe(40_000);
  }, 120_000);

  it('simulates a stream and waits for it', async () => {
    const receipt = await runJson<{ waited: object }>('simulate', '--artifacts', '200', '--seed', '3', '--wait');
    expect(receipt.waited).toMatchObject({ outcome: 'complete' });
  });

  it('shows topics, positions and migrations', async () => {
    const topics = await runJson<readonly { spec: object | null }[]>('topics', 'list');
    expect(topics.every(({ spec }) => spec !== null)).toBe(true);
    await expect(run('topics', 'create')).resolves.toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('exists  signals.scores.v1') as string,
    });
    await untilCaughtUp();
    const { checkpoints } = await runJson<{ checkpoints: readonly { nextOffset: string }[] }>('checkpoints');
    expect(checkpoints).toHaveLength(72);
    await expect(run('db', 'status')).resolves.toMatchObject({ exitCode: 0, out: expect.stringContaining('applied') as string });
    await expect(run('db', 'migrate')).resolves.toMatchObject({ exitCode: 0, out: expect.stringContaining('nothing to do') as string });
  });

  it('refuses to regrow, with what to do', async () => {
    const { exitCode, err } = await run('topics', 'regrow', 'signals.scores.v1');
    expect([exitCode, err]).toEqual([1, expect.stringContaining('error regrow-refused: ')]);
    await expect(run('topics', 'regrow', 'signals.comets.v1')).resolves.toMatchObject({ exitCode: 2 });
  });

  it('sees a poison, gives it up, and releases what waited behind it', async () => {
    const key = 'hackernews:poisoned';
    const observed = (title: string): RecordToAppend =>
      encodeEvent(
        {
          type: 'artifact.observed',
          id: title,
          source: 't',
          payload: { artifactId: key, source: 'hackernews', artifactType: 'post', title },
        },
        { topicPrefix: TOPIC_PREFIX },
      );
    const poison = { ...observed('poison'), value: Buffer.from('{"artifactId": 7}') };
    await log.log.append([observed('before'), poison, observed('after')]);
    await untilCaughtUp();

    const groups = await runJson<readonly object[]>('dead-letters', 'list');
    expect(groups).toContainEqual(expect.objectContaining({ topic: 'signals.artifacts.v1', code: 'payload-invalid', poison: 1 }));
    const letters = await runJson<readonly { id: string; kind: string }[]>('dead-letters', 'list', '--each', '--key', key);
    expect(letters.map(({ kind }) => kind).sort()).toEqual(['poison', 'waiting']);
    const id = letters.find(({ kind }) => kind === 'poison')?.id ?? '';
    await expect(run('dead-letters', 'show', id)).resolves.toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('{"artifactId": 7}') as string,
    });
    await expect(run('verify')).resolves.toMatchObject({ exitCode: 0, out: expect.stringContaining('clean') as string });

    await expect(run('dead-letters', 'redrive')).resolves.toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('still wait') as string,
    });
    await expect(run('dead-letters', 'discard', id, '--reason', 'a test')).resolves.toMatchObject({ exitCode: 0 });
    await expect(run('dead-letters', 'redrive')).resolves.toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('1 of 1 parked keys are released') as string,
    });
    await expect(runJson('dead-letters', 'list')).resolves.toEqual([]);
    await expect(getJson(`${apiUrl}/v1/artifacts/${encodeURIComponent(key)}`)).resolves.toMatchObject({ title: 'after' });
    await expect(run('dead-letters', 'show', '999999')).resolves.toMatchObject({ exitCode: 1 });
  });

  it('proves every row against the log', async () => {
    const { exitCode, out } = await run('verify');
    expect([exitCode, out]).toEqual([0, expect.stringMatching(/records of the log: clean\n$/)]);
  });

  it('builds a second generation beside the first, lets it answer, and retires the first', async () => {
    const before = await totalOf('reddit');
    const { generation } = await runJson<{ generation: number }>('generations', 'start');
    await untilCaughtUp('--generation', String(generation));
    await expect(run('generations', 'retire', '1')).resolves.toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('generation-active') as string,
    });
    await expect(run('generations', 'activate', String(generation))).resolves.toMatchObject({ exitCode: 0 });
    await expect(run('generations', 'retire', '1')).resolves.toMatchObject({ exitCode: 0 });
    const listed = await runJson<readonly { generation: number; state: string; active: boolean }[]>('generations', 'list');
    expect(listed.find(({ active }) => active)).toMatchObject({ generation });
    expect(await totalOf('reddit')).toBe(before);
    await expect(run('verify')).resolves.toMatchObject({ exitCode: 0 });
  }, 120_000);

  it('asks the cache over the operators’ listener', async () => {
    for (const command of ['stats', 'invalidate', 'clear']) await expect(run('cache', command)).resolves.toMatchObject({ exitCode: 0 });
    await expect(runJson('cache', 'stats')).resolves.toMatchObject({ freshness: { vouching: true } });
    const { exitCode, err } = await run('cache', 'invalidate', 'comets');
    expect([exitCode, err]).toEqual([1, expect.stringContaining('operators-refused')]);
  });

  it('says within 250 ms what it can do', async () => {
    await run('--help');
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedMs = performance.now();
      await expect(run('--help')).resolves.toMatchObject({ exitCode: 0 });
      times.push(performance.now() - startedMs);
    }
    expect(Math.min(...times)).toBeLessThan(250);
  });

  it('ends quietly when whoever reads its output has enough', async () => {
    const script = '"$0" --help | sleep 0';
    const { stderr } = await promisify(execFile)('sh', ['-c', script, join(__dirname, '../../bin/harvest')]);
    expect(stderr).toBe('');
  });

  it('finds nothing once the process has ended: exit 3', async () => {
    await log.close();
    await standalone.interrupt();
    await expect(run('lag')).resolves.toMatchObject({ exitCode: 3, err: expect.stringContaining('error no-services') as string });
  });
});
