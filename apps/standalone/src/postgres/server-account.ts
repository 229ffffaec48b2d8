import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HarvestError } from '@harvest/kernel';

/** Whom the server runs as. Postgres refuses to run as root, so root has to lend it another account. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Null: our own account. As root: `postgres`, made when it is missing. @throws `postgres-account-missing`. */
export function findServerAccount(): ServerAccount | null {
  if (process.getuid?.() !== 0) return null;
  const account = lookUp('postgres') ?? createAccount() ?? lookUp('nobody');
  if (account !== null) return account;
  throw new HarvestError({
    code: 'postgres-account-missing',
    message: 'Postgres does not run as root and no account `postgres` could be made: run as another user, or create that account',
  });
}

function lookUp(name: string): ServerAccount | null {
  try {
    const ask = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe', timeout: 5000 }));
    return { name, uid: ask('-u'), gid: ask('-g') };
  } catch {
    return null;
  }
}

function createAccount(): ServerAccount | null {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'pipe', timeout: 10_000 });
  } catch {
    return null;
  }
  return lookUp('postgres');
}

const OWNER_ENTERS = 0o100;
const GROUP_ENTERS = 0o010;
const OTHERS_ENTER = 0o001;

/** Whether the account may enter this folder's parents; `.harvest` below a 0700 folder is out of its reach. */
export function canReach(account: ServerAccount, folder: string): boolean {
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    if (!mayEnter(account, parent)) return false;
    if (parent === dirname(parent)) return true;
  }
}

function mayEnter(account: ServerAccount, folder: string): boolean {
  const { uid, gid, mode } = statSync(folder);
  if (uid === account.uid) return (mode & OWNER_ENTERS) !== 0;
  if (gid === account.gid) return (mode & GROUP_ENTERS) !== 0;
  return (mode & OTHERS_ENTER) !== 0;
}
