import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, run, ServiceError, succeeds } from './processes.mjs';
import { postgresUser } from './workspace.mjs';

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
  wal_compression: 'on',
  fsync: 'on',
  autovacuum: 'on',
  logging_collector: 'off',
  log_line_prefix: "'%m [%p] %d '",
};

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

function find() {
  for (const bin of binFolders()) {
    if (!existsSync(join(bin, 'initdb')) || !existsSync(join(bin, 'postgres'))) continue;
    const version = Number(/(\d+)/.exec(run(join(bin, 'postgres'), ['--version']))?.[1]);
    if (version >= MINIMUM) return { bin, version: String(version) };
  }
  return null;
}

/** Makes the cluster; `folder` is new and empty. */
function prepare({ folder, found }) {
  const user = postgresUser();
  if (process.getuid?.() === 0 && !user) throw new ServiceError('Postgres refuses to run as root, and there is no user postgres');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  if (user) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = [
    '-D',
    data,
    '-U',
    USER,
    '--pwfile',
    passwordFile,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale',
    'C.UTF-8',
    '--no-sync',
  ];
  run(join(found.bin, 'initdb'), options, { cwd: '/', ...user });
  const lines = Object.entries(SETTINGS).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(join(data, 'harvest.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(data, 'postgresql.conf'), "include 'harvest.conf'\n", { flag: 'a' });
  if (user) chownSync(join(data, 'harvest.conf'), user.uid, user.gid);
}

function command({ folder, ports, found }) {
  const args = ['-D', join(folder, 'data'), '-p', String(ports[0])];
  return { file: join(found.bin, 'postgres'), args, user: postgresUser() ?? {} };
}

function isReady({ ports, found }) {
  const target = ['-q', '-h', '127.0.0.1', '-p', String(ports[0]), '-d', 'postgres', '-t', '2'];
  return succeeds(join(found.bin, 'pg_isready'), target);
}

/** Once per cluster, when it answers for the first time. */
function finish({ ports, found }) {
  const target = ['-h', '127.0.0.1', '-p', String(ports[0]), '-U', USER];
  run(join(found.bin, 'createdb'), [...target, USER], { env: { ...process.env, PGPASSWORD: PASSWORD } });
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

export const postgres = {
  name: 'postgres',
  variable: 'DATABASE_URL',
  portCount: 1,
  packages: ['postgresql-15'],
  needs: `Postgres ${MINIMUM} or newer (initdb and postgres)`,
  readyTimeoutMs: 60_000,
  // Fast shutdown for a restart; immediate when the data are thrown away anyway.
  stopSignal: 'SIGINT',
  discardSignal: 'SIGQUIT',
  find,
  prepare,
  command,
  isReady,
  finish,
  mayRetryStart,
  address: (ports) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${ports[0]}/${USER}`,
};
