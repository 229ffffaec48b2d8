import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const SCRIPT = join(__dirname, 'services');
const ROOT = join(__dirname, '..', '..', '.services');
const LONG_MS = 60_000;

/** Without the addresses of the services that run these tests: they would be taken for somebody's own. */
const {
  DATABASE_URL: _database,
  REDIS_URL: _redis,
  KAFKA_BROKERS: _kafka,
  EMBEDDED_DATABASE_URL: _embedded,
  HARVEST_SERVICES: _set,
  ...bare
} = process.env;

interface Ended {
  readonly code: number;
  readonly output: string;
}

function services(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(SCRIPT, [...args, '--name', name], { env: { ...bare, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
  });

async function portOf(name: string, variable: string): Promise<number> {
  const { output } = await services(name, ['env']);
  return Number(new RegExp(`${variable}='[^']*:(\\d+)`).exec(output)?.[1]);
}

/** Where the data of a set stand when user postgres cannot enter the repository; kept, since `down` removes the pointer. */
const elsewhere = new Map<string, string>();

function foldersOf(name: string): readonly string[] {
  const pointer = join(ROOT, name, 'location');
  if (existsSync(pointer)) elsewhere.set(name, readFileSync(pointer, 'utf8').trim());
  return [join(ROOT, name), elsewhere.get(name)].filter((folder) => folder !== undefined);
}

/** Processes whose command line names a folder of this set. */
function processesOf(name: string): readonly string[] {
  const folders = foldersOf(name);
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return folders.some((folder) => command.includes(`${folder}/`));
      } catch {
        return false;
      }
    });
}

describe('test/services', () => {
  const used: string[] = [];
  const setName = (suffix: string) => {
    const name = `spec-${process.pid}-${suffix}`;
    used.push(name);
    return name;
  };
  afterAll(async () => {
    await Promise.all(used.map((name) => services(name, ['down'])));
  }, LONG_MS);

  it(
    'brings up what is asked for, does nothing the second time in under a second, and leaves nothing behind',
    async () => {
      const name = setName('life');
      expect(await services(name, ['up', 'redis', 'postgres'])).toMatchObject({ code: 0 });
      const ports = [await portOf(name, 'DATABASE_URL'), await portOf(name, 'REDIS_URL')];
      // The quickest of three: whatever else the machine does takes its time too.
      const tookMs: number[] = [];
      for (let time = 0; time < 3; time += 1) {
        const startedMs = Date.now();
        expect(await services(name, ['up', 'redis', 'postgres'])).toMatchObject({ code: 0 });
        tookMs.push(Date.now() - startedMs);
      }
      expect(Math.min(...tookMs)).toBeLessThan(1000);
      expect([await portOf(name, 'DATABASE_URL'), await portOf(name, 'REDIS_URL')]).toEqual(ports);
      expect(processesOf(name).length).toBeGreaterThan(0);
      expect(await services(name, ['down'])).toMatchObject({ code: 0 });
      expect(await Promise.all(ports.map(answers))).toEqual([false, false]);
      expect(processesOf(name)).toEqual([]);
      expect(existsSync(join(ROOT, name))).toBe(false);
    },
    LONG_MS,
  );

  it(
    'cleans up after an `up` that was killed half-way',
    async () => {
      const name = setName('killed');
      for (const afterMs of [150, 300, 600]) {
        const half = spawn(SCRIPT, ['up', 'redis', 'postgres', '--name', name], { env: bare, stdio: 'ignore' });
        await sleep(afterMs);
        half.kill('SIGKILL');
      }
      expect(await services(name, ['up', 'redis', 'postgres'])).toMatchObject({ code: 0 });
      expect(await answers(await portOf(name, 'DATABASE_URL'))).toBe(true);
      expect(processesOf(name).length).toBeGreaterThan(0);
      await services(name, ['down']);
      expect(processesOf(name)).toEqual([]);
    },
    LONG_MS,
  );

  it(
    'kills, starts and restarts one service, which keeps its port',
    async () => {
      const name = setName('single');
      await services(name, ['up', 'redis']);
      const port = await portOf(name, 'REDIS_URL');
      await services(name, ['kill', 'redis']);
      expect(await answers(port)).toBe(false);
      expect((await services(name, ['status'])).output).toMatch(/redis +stopped/);
      await services(name, ['start', 'redis']);
      expect(await answers(port)).toBe(true);
      await services(name, ['restart', 'redis']);
      expect(await answers(port)).toBe(true);
    },
    LONG_MS,
  );

  it(
    'takes a set down whose owner has ended',
    async () => {
      const name = setName('orphan');
      const owner = spawn('sleep', ['60']);
      await services(name, ['up', 'redis', '--owner', String(owner.pid)]);
      owner.kill('SIGKILL');
      await sleep(100);
      await services(setName('other'), ['up', 'redis']);
      expect(existsSync(join(ROOT, name))).toBe(false);
      expect(processesOf(name)).toEqual([]);
    },
    LONG_MS,
  );

  it('looks once more at a service whose time is over, when another one held the script up meanwhile', async () => {
    const script = `
      import { waitUntil } from ${JSON.stringify(join(__dirname, 'processes.mjs'))};
      let serves = false;
      setTimeout(() => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
        serves = true;
      }, 1);
      const asked = async () => {
        const answer = serves;
        await new Promise((resolve) => setTimeout(resolve, 10));
        return answer;
      };
      await waitUntil(asked, { what: 'it', timeoutMs: 200 });
      console.log('serves');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('serves\n');
  });

  it('takes a service given in the environment, and does nothing to it', async () => {
    const name = setName('given');
    const env = { REDIS_URL: 'redis://127.0.0.1:1' };
    expect(await services(name, ['up', 'redis'], env)).toMatchObject({ code: 0 });
    expect((await services(name, ['env'], env)).output).toContain("REDIS_URL='redis://127.0.0.1:1'");
    expect(await services(name, ['kill', 'redis'], env)).toMatchObject({ code: 1, output: expect.stringMatching(/not ours/) });
  });

  it('names the three ways out when there is no other', async () => {
    const name = setName('nothing');
    const node = join(__dirname, '..', '..', 'node_modules', '.bin');
    // Neither docker, nor redis-server, nor apt-get is on this path.
    const tools = folderWith(['sh', 'dirname', 'id', 'env']);
    const { code, output } = await services(name, ['up', 'redis'], { PATH: `${node}:${tools}` });
    rmSync(tools, { recursive: true });
    expect(code).toBe(1);
    for (const way of ['REDIS_URL', 'Docker', 'apt-get install redis-server']) expect(output).toContain(way);
  });
});

/** A folder that holds nothing but links to these programs. */
function folderWith(programs: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-path-'));
  for (const program of programs) symlinkSync(join('/usr/bin', program), join(folder, program));
  return folder;
}
