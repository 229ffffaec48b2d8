// The throw-away folder of one set of services, and the lock around changing it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, ownIdentity, readIdentity, ServiceError, sleep } from './processes.mjs';

/** What an `up` that was killed left running may still write while its folder goes. */
const REMOVE = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };

export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ROOT = join(REPOSITORY, '.services');

/** Postgres refuses to run as root: then it runs as user postgres, who must be able to reach its folder. */
export function postgresUser() {
  if (process.getuid?.() !== 0) return null;
  const id = (flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' });
  const [uid, gid] = [id('-u'), id('-g')];
  return uid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
}

export class Workspace {
  constructor(name) {
    if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) throw new ServiceError(`a set's name is of a–z, 0–9 and -, not '${name}'`);
    this.name = name;
    this.home = join(ROOT, name);
  }

  static names() {
    return existsSync(ROOT) ? readdirSync(ROOT).filter((name) => !name.endsWith('.lock')) : [];
  }

  exists() {
    return existsSync(this.home);
  }

  /** Where the data are: here, or in a folder of /var/tmp when user postgres cannot enter the repository. */
  data() {
    const pointer = join(this.home, 'location');
    if (existsSync(pointer)) return readFileSync(pointer, 'utf8').trim();
    return this.home;
  }

  create() {
    mkdirSync(this.home, { recursive: true });
    chmodSync(this.home, 0o755);
    if (existsSync(join(this.home, 'location'))) {
      mkdirSync(this.data(), { recursive: true });
      return;
    }
    const user = postgresUser();
    if (!user || spawnSync('sh', ['-c', 'cd "$1"', 'sh', this.home], { stdio: 'ignore', cwd: '/', ...user }).status === 0) return;
    const elsewhere = mkdtempSync('/var/tmp/harvest-services-');
    chmodSync(elsewhere, 0o755);
    writeFileSync(join(this.home, 'location'), elsewhere);
  }

  remove() {
    const data = this.data();
    if (data !== this.home) rmSync(data, REMOVE);
    rmSync(this.home, REMOVE);
    try {
      rmdirSync(ROOT);
    } catch {
      // other sets are still there
    }
  }

  folder(service) {
    return join(this.data(), service);
  }

  readSettings(service) {
    try {
      return JSON.parse(readFileSync(join(this.home, `${service}.json`), 'utf8'));
    } catch {
      return null;
    }
  }

  writeSettings(service, settings) {
    writeFileSync(join(this.home, `${service}.json`), JSON.stringify(settings));
  }

  forget(service) {
    rmSync(join(this.home, `${service}.json`), { force: true });
    rmSync(this.folder(service), REMOVE);
  }

  /** A set whose owner has ended is taken down by the next `up` of any set. Without an owner it stays until `down`. */
  setOwner(pid) {
    const owner = ownIdentity(pid);
    if (owner.startTime === null) throw new ServiceError(`no process ${pid} to own the services`);
    writeFileSync(join(this.home, 'owner'), `${owner.pid} ${owner.startTime}`);
  }

  isAbandoned() {
    const owner = readIdentity(join(this.home, 'owner'));
    return owner !== null && !isAlive(owner);
  }

  /** One change at a time; the lock of a killed process is void. */
  async locked(work) {
    mkdirSync(ROOT, { recursive: true });
    const lock = `${this.home}.lock`;
    await takeLock(lock);
    try {
      return await work();
    } finally {
      rmSync(lock, { force: true });
      if (existsSync(ROOT) && readdirSync(ROOT).length === 0) rmdirSync(ROOT);
    }
  }
}

async function takeLock(lock) {
  const until = Date.now() + 300_000;
  while (!tryLock(lock)) {
    const holder = readIdentity(lock);
    if (holder && !isAlive(holder)) rmSync(lock, { force: true });
    else if (Date.now() > until) throw new ServiceError(`another command (process ${holder?.pid}) has held ${lock} for 5 minutes`);
    else await sleep(50);
  }
}

function tryLock(lock) {
  const me = ownIdentity();
  try {
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, `${me.pid} ${me.startTime}`, { flag: 'wx' });
    return true;
  } catch (error) {
    // ENOENT: the last set was just taken down, and the folder with it.
    if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    return false;
  }
}
