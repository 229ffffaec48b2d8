// npm run bench [-- --data DIR] [--only PART[,PART]] [--json FILE] [--artifacts N]; see docs/performance.md.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addresses, bringUp, takeDown } from '../services/commands.mjs';

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BIN = join(REPOSITORY, 'node_modules', '.bin');
const SET = `bench-${process.pid}`;
const EXIT_USAGE = 2;

/** Before anything is started: nothing can be measured without the data. */
function assertData(argv) {
  const at = argv.indexOf('--data');
  const folder = resolve(REPOSITORY, at < 0 ? '../shared/data' : (argv[at + 1] ?? ''));
  if (existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.ndjson.gz'))) return;
  console.error(`no data: ${folder} holds no *.ndjson.gz (plain artifacts, one a line); give the folder by --data DIR`);
  process.exit(EXIT_USAGE);
}

/** A build of its own, of the sources as they are now. */
function build() {
  const folder = join(REPOSITORY, '.services', SET, 'dist');
  const sources = ['apps', 'libs', 'migrations', 'test/performance'];
  const flags = ['-d', folder, '--config-file', '.swcrc', '--ignore', '**/*.spec.ts', '-q'];
  const { status, stderr } = spawnSync(join(BIN, 'swc'), [...sources, ...flags], { cwd: REPOSITORY, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
  return folder;
}

let child;

async function bench(argv) {
  await bringUp(SET, { owner: process.pid });
  const folder = build();
  const { HARVEST_SERVICES: _set, ...known } = addresses(SET);
  const main = join(folder, 'test/performance/main.js');
  const args = ['--max-old-space-size=3072', '--expose-gc', main, '--build', folder, '--repository', REPOSITORY, ...argv];
  child = spawn(join(BIN, 'node'), args, { cwd: REPOSITORY, stdio: 'inherit', env: { ...process.env, ...known } });
  return new Promise((done) => child.once('exit', (code) => done(code ?? 1)));
}

async function main() {
  const argv = process.argv.slice(2);
  assertData(argv);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child?.kill('SIGTERM'));
  let code = 1;
  try {
    // Addresses of other services would be measured in place of private ones.
    for (const variable of ['DATABASE_URL', 'REDIS_URL', 'KAFKA_BROKERS']) delete process.env[variable];
    code = await bench(argv);
  } catch (error) {
    console.error(error.message);
  }
  await takeDown(SET);
  process.exit(code);
}

await main();
