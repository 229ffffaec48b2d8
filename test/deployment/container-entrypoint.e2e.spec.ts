import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestDatabase } from '@harvest/testing';
import { createTestDatabase, serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { packageFile, ROOT, shutdownLimitMs } from './deployment-files';
import { ensureBuilt } from '../e2e/product';

const ENTRYPOINT = join(ROOT, 'bin', 'container-entrypoint');
const { PATH = '', HARVEST_TEST_RUN } = process.env;

/** With what it started, if it did not become that. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

describe('bin/container-entrypoint', () => {
  let database: TestDatabase;
  let env: NodeJS.ProcessEnv;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    ensureBuilt();
    database = await createTestDatabase();
    env = {
      PATH: `${join(ROOT, 'node_modules', '.bin')}:${PATH}`,
      ...(HARVEST_TEST_RUN === undefined ? {} : { HARVEST_TEST_RUN }),
      ...{ DATABASE_URL: database.url, KAFKA_BROKERS: serviceAddress('kafka'), REDIS_URL: serviceAddress('redis') },
      ...{ TOPIC_PREFIX: uniqueTopicPrefix(), TOPIC_PARTITIONS: '2', HARVEST_HTTP_PORT: '0', HARVEST_OPERATOR_PORT: '0' },
    };
  }, 60_000);
  afterAll(async () => {
    for (const child of started) killGroup(child);
    await database.drop();
  });

  const command = (...words: readonly string[]) => promisify(execFile)(ENTRYPOINT, words, { env, cwd: '/', timeout: 30_000 });

  /** The process, and the field of the first log line that has it. */
  async function start(app: string, field: string) {
    const child = spawn(ENTRYPOINT, [app], { env, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    started.push(child);
    let text = '';
    for await (const [chunk] of waitForOutput(child)) {
      text += String(chunk);
      const [, found] = new RegExp(`"${field}":"([^"]+)"`).exec(text) ?? [];
      if (found !== undefined) return { child, url: found };
    }
    throw new Error(`${app} ended before it said its ${field}: ${text}`);
  }

  async function* waitForOutput(child: ChildProcess): AsyncGenerator<unknown[]> {
    const signal = AbortSignal.timeout(30_000);
    while (child.exitCode === null) yield (await once(child.stdout!, 'data', { signal })) as unknown[];
  }

  it('runs the operators’ command, and ends as it ends', async () => {
    expect((await command('db', 'migrate')).stdout).toMatch(/^applied /);
    expect((await command('topics', 'create')).stdout).toMatch(/^created /);
    await expect(command('no-such-command')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('no-such-command') });
  }, 60_000);

  it.each([
    ['projector', 'operator'],
    ['api', 'api'],
  ])(
    '%s: becomes the process of the npm script, which leaves on SIGTERM',
    async (app, field) => {
      const { child, url } = await start(app, field);
      const words = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
      const script = (packageFile.scripts[`start:${app}`] ?? '').split(' ');
      expect(words).toEqual(script.slice(script.indexOf('node')));
      const { status } = await fetch(`${url}/health/live`);
      expect(status).toBe(200);
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(shutdownLimitMs(app)) });
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    },
    90_000,
  );
});
