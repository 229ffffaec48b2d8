import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HarvestError } from '@harvest/kernel';
import type { PostgresHome } from './postgres-home';

export const DATABASE = 'harvest';
export const DATABASE_USER = 'harvest';
const TIMEOUT_MS = 60_000;

/** The password of the embedded database, made once. */
export function readPassword(home: PostgresHome): string {
  return readFileSync(passwordPath(home), 'utf8').trim();
}

function passwordPath({ folder }: PostgresHome): string {
  return join(folder, 'password');
}

/**
 * Makes the cluster with its database unless it exists. It is made beside its place and moved there when it is whole: killed at
 * any moment, the next start makes it anew. @throws `embedded-postgres-failed`.
 */
export function createCluster(home: PostgresHome): void {
  if (existsSync(join(home.cluster, 'PG_VERSION'))) return;
  const partial = `${home.cluster}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  writePassword(home);
  if (home.account !== null) chownSync(partial, home.account.uid, home.account.gid);
  const init = ['-D', partial, '-U', DATABASE_USER, `--pwfile=${passwordPath(home)}`, '--auth=scram-sha-256', '--encoding=UTF8'];
  run(home, [home.binaries.initdb, ...init, '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']);
  run(home, [home.binaries.postgres, '--single', '-D', partial, 'postgres'], `CREATE DATABASE ${DATABASE}\n`);
  renameSync(partial, home.cluster);
}

function writePassword(home: PostgresHome): void {
  const path = passwordPath(home);
  writeFileSync(path, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  if (home.account !== null) chownSync(path, home.account.uid, home.account.gid);
}

function run({ account, folder }: PostgresHome, commandLine: readonly string[], input = ''): void {
  const [program = '', ...argumentList] = commandLine;
  const result = spawnSync(program, argumentList, {
    input,
    cwd: folder,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  if (result.status === 0) return;
  throw new HarvestError({
    code: 'embedded-postgres-failed',
    message:
      `the embedded Postgres could not be set up in ${folder} (is there room on the disk, may it be written to?):\n` +
      `${result.error?.message ?? ''}${result.stderr ?? ''}`.trim().slice(-2000),
    cause: result.error,
  });
}
