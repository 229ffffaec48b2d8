import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HarvestError } from '@harvest/kernel';
import type { PostgresBinaries } from './postgres-binaries';
import { binariesAt } from './postgres-binaries';
import type { ServerAccount } from './server-account';
import { canReach } from './server-account';

/** Where the server's data and programs are, and whom it runs as. */
export interface PostgresHome {
  /** Holds the cluster (`cluster`), the password and the log. */
  readonly folder: string;
  readonly cluster: string;
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount | null;
  /** A sentence for the user when the folder is not below the data directory. */
  readonly notice: string | null;
}

/** For root, when the data directory is out of the server account's reach. Survives a restart, unlike /tmp. */
const REACHABLE_BASE = '/var/lib/signal-harvester';

/**
 * `<data directory>/postgres`; as root, when the server's account cannot get there (a folder above is 0700), a folder of its own
 * below /var/lib, with a copy of the programs if those are out of reach too. @throws `data-dir-unreachable`.
 */
export function settlePostgresHome(dataDir: string, binaries: PostgresBinaries, account: ServerAccount | null): PostgresHome {
  mkdirSync(dataDir, { recursive: true });
  const preferred = join(realpathSync(dataDir), 'postgres');
  if (account === null) return makeHome({ folder: preferred, binaries, account, notice: null });
  const reachesData = canReach(account, preferred) && mayEnterDataDir(account, dataDir);
  const folder = reachesData ? preferred : join(REACHABLE_BASE, createHash('sha256').update(preferred).digest('hex').slice(0, 16));
  makeReachable(folder, account);
  return makeHome({
    folder,
    account,
    binaries: canReach(account, binaries.postgres) ? binaries : copyBinaries(binaries, folder),
    notice: reachesData ? null : noticeOf(preferred, folder, account),
  });
}

function mayEnterDataDir(account: ServerAccount, dataDir: string): boolean {
  return canReach(account, join(realpathSync(dataDir), 'x'));
}

function makeReachable(folder: string, account: ServerAccount): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (canReach(account, join(folder, 'x'))) return;
  if (folder.startsWith(REACHABLE_BASE)) chmodSync(REACHABLE_BASE, 0o755);
  chmodSync(folder, 0o755);
  if (canReach(account, join(folder, 'x'))) return;
  throw new HarvestError({
    code: 'data-dir-unreachable',
    message: `the account ${account.name} cannot enter ${folder}: set HARVEST_DATA_DIR to a folder whose parents others may enter (chmod o+x)`,
  });
}

function noticeOf(preferred: string, folder: string, { name }: ServerAccount): string {
  return (
    `Postgres runs as ${name}, which may not enter the folders above ${preferred}; its data is kept in ${folder} instead. ` +
    'To keep it below the data directory, set HARVEST_DATA_DIR to a folder whose parents others may enter (chmod o+x).'
  );
}

function makeHome(home: Omit<PostgresHome, 'cluster'>): PostgresHome {
  mkdirSync(home.folder, { recursive: true });
  if (home.account !== null) chownSync(home.folder, home.account.uid, home.account.gid);
  return { ...home, cluster: join(home.folder, 'cluster') };
}

/** About 60 MB, once; a copy that was cut short is never used. */
function copyBinaries(binaries: PostgresBinaries, folder: string): PostgresBinaries {
  const target = join(folder, `programs-${statSync(binaries.postgres).mtimeMs.toFixed(0)}-${statSync(binaries.postgres).size}`);
  if (existsSync(target)) return binariesAt(target);
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  cpSync(binaries.root, partial, { recursive: true, verbatimSymlinks: true });
  renameSync(partial, target);
  return binariesAt(target);
}
