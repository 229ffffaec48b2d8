import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, getJson, harvest, makeDataFolder, openLog, sleep, StandaloneProcess } from './product';

const SAMPLE = ['--seed', '7', '--artifacts', '3000'];
/** Observations, classifications and retractions of that sample are more than this. */
const ALL_ARTIFACT_RECORDS = 5000;
const CTRL_C_LIMIT_MS = 5000;
const FIRST_START_LIMIT_MS = 90_000;
const LATER_START_LIMIT_MS = 5000;

interface Proof {
  readonly isProved: boolean;
  readonly tables: readonly { readonly table: string; readonly compared: number; readonly actualHash: string }[];
}

/** The content of the tables that no clock has a part in: without a date, an artifact counts on the day it was first seen. */
async function contentOf(dataDir: string): Promise<Readonly<Record<string, string>>> {
  const { out, err, exitCode } = await harvest(dataDir, 'verify', '--json');
  if (exitCode !== 0) throw new Error(`verify: exit ${exitCode} ${out.slice(0, 2000)} ${err}`);
  const { isProved, tables } = JSON.parse(out) as Proof;
  expect(isProved).toBe(true);
  const kept = tables.filter(({ table }) => table === 'artifact_card' || table === 'count_by_kind');
  return Object.fromEntries(kept.map(({ table, compared, actualHash }) => [table, `${compared} rows ${actualHash}`]));
}

/** What the README asks first, without the address. */
function readmeQuestions(): readonly string[] {
  const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
  const paths = [...readme.matchAll(/^curl 'localhost:3000(\/[^']+)'$/gm)].map(([, path]) => path ?? '');
  expect(paths).toHaveLength(3);
  return paths;
}

async function totalOf(apiUrl: string): Promise<number> {
  return ((await getJson(`${apiUrl}/v1/discoveries?limit=1&total=true`)) as { total: number }).total;
}

/** Killed while it publishes: a part is in the log by this start, and more was to come. */
async function killWhilePublishing(process: StandaloneProcess): Promise<void> {
  await process.waitFor(() => process.err.includes('"listening"'), 60_000, 'listening');
  const log = openLog(process.instance());
  const before = await log.countArtifactRecords();
  while ((await log.countArtifactRecords()) < before + 600) await sleep(5);
  await process.kill();
  expect(await log.countArtifactRecords()).toBeLessThan(before + ALL_ARTIFACT_RECORDS);
  await log.close();
}

describe('the one-process product', () => {
  const undisturbed = makeDataFolder();
  const disturbed = makeDataFolder();
  const processes: StandaloneProcess[] = [];
  let content: Readonly<Record<string, string>>;
  let total: number;

  function start(folder: { readonly path: string }, argumentList: readonly string[] = SAMPLE): StandaloneProcess {
    const started = new StandaloneProcess(folder.path, argumentList);
    processes.push(started);
    return started;
  }

  beforeAll(() => ensureBuilt(), 120_000);
  afterAll(async () => {
    for (const process of processes) await process.end();
    undisturbed.remove();
    disturbed.remove();
  }, 120_000);

  it('fills itself on its very first start, within its time, and answers what it prints', async () => {
    const process = start(undisturbed);
    expect(await process.waitUntilReady()).toBeLessThan(FIRST_START_LIMIT_MS);
    const { apiUrl, operatorUrl } = process.instance();
    await expect(getJson(`${apiUrl}/health/ready`)).resolves.toMatchObject({ status: 'ok' });
    await expect(getJson(`${operatorUrl}/health`)).resolves.toBeDefined();
    await expect(getJson(`${operatorUrl}/health/performance`)).resolves.toMatchObject({ status: 'ok', database: { status: 'up' } });
    await expect(getJson(`${operatorUrl}/profiling/event-loop`)).resolves.toHaveProperty('delayMs.p99');
    const page = await fetch(`${apiUrl}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);

    const urls = [...process.out.matchAll(/curl '([^']+)'/g)].map(([, url]) => url ?? '');
    expect(urls).toHaveLength(3);
    for (const url of urls) {
      const answer = (await getJson(url)) as { items?: readonly unknown[]; artifactId?: string };
      expect(answer.artifactId ?? answer.items?.length).toBeTruthy();
    }
    for (const path of readmeQuestions()) expect((await getJson(`${apiUrl}${path}`)) as object).toHaveProperty('items.0');
    content = await contentOf(undisturbed.path);
    total = await totalOf(apiUrl);
    expect(total).toBeGreaterThan(2500);
  }, 120_000);

  it('refuses a second process on the same data, and leaves the first alone', async () => {
    const second = start(undisturbed, []);
    expect(await second.ended).toBe(1);
    expect(second.err).toContain('error already-running: ');
    await expect(getJson(`${processes[0]?.instance().apiUrl}/health/ready`)).resolves.toBeDefined();
  });

  it('ends on Ctrl-C within its time and leaves neither a server nor an instance behind', async () => {
    const { exitCode, tookMs } = (await processes[0]?.interrupt()) ?? { exitCode: null, tookMs: 0 };
    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(CTRL_C_LIMIT_MS);
    expect(existsSync(join(undisturbed.path, 'instance.json'))).toBe(false);
    expect(existsSync(join(undisturbed.path, 'postgres', 'cluster', 'postmaster.pid'))).toBe(false);
  });

  it('starts again within its time, as it was, and does not fill itself a second time', async () => {
    const process = start(undisturbed);
    expect(await process.waitUntilReady()).toBeLessThan(LATER_START_LIMIT_MS);
    expect(process.out).not.toContain('published');
    expect(await totalOf(process.instance().apiUrl)).toBe(total);
    expect(await contentOf(undisturbed.path)).toEqual(content);
    await process.interrupt();
  }, 60_000);

  it('killed twice while it fills itself, comes to the same content as undisturbed, on the Postgres that lived on', async () => {
    const first = start(disturbed);
    await killWhilePublishing(first);
    expect(first.out).not.toContain('Ctrl-C stops it');

    const second = start(disturbed);
    await killWhilePublishing(second);
    expect(second.out).not.toContain('Ctrl-C stops it');
    expect(second.err).toContain('"adopted":true');

    const third = start(disturbed);
    await third.waitUntilReady();
    expect(await totalOf(third.instance().apiUrl)).toBe(total);
    expect(await contentOf(disturbed.path)).toEqual(content);
  }, 180_000);

  it('killed when it is ready, has lost nothing at the next start', async () => {
    await processes.at(-1)?.kill();
    const next = start(disturbed);
    expect(await next.waitUntilReady()).toBeLessThan(LATER_START_LIMIT_MS);
    expect(await totalOf(next.instance().apiUrl)).toBe(total);
    expect((await next.interrupt()).exitCode).toBe(0);
  }, 60_000);

  it('says which arguments it knows when one is wrong: exit 2', async () => {
    const wrong = start(disturbed, ['--artefacts', '5']);
    expect(await wrong.ended).toBe(2);
    expect(wrong.err).toContain('Usage: npm start');
  });
});
