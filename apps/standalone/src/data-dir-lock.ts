import { createHash } from 'node:crypto';
import { realpathSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { HarvestError } from '@harvest/kernel';

/**
 * One process per data directory. A listening socket is the lock: the kernel frees it with the process, however that ends.
 * Linux: in the abstract name space, so no file is left; elsewhere a socket file, taken over when nobody answers at it.
 * @throws `already-running`.
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  const path = lockAddress(realpathSync(dataDir));
  const server = createServer((socket) => socket.end(`${process.pid}\n`));
  server.unref();
  if (!(await tryListen(server, path))) {
    const holder = await askHolder(path);
    if (holder !== null || process.platform === 'linux') throw alreadyRunning(dataDir, holder);
    rmSync(path, { force: true });
    if (!(await tryListen(server, path))) throw alreadyRunning(dataDir, null);
  }
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function lockAddress(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 32);
  return process.platform === 'linux' ? `\0signal-harvester-${name}` : join(dataDir, 'lock.socket');
}

async function tryListen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error));
    server.once('error', onError);
    server.listen({ path }, () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}

/** The holder's pid, null when nobody answers within a second. */
async function askHolder(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.setEncoding('utf8').setTimeout(1000, () => socket.destroy());
    socket.once('data', (pid: string) => resolve(pid.trim()));
    socket.once('error', () => resolve(null));
    socket.once('close', () => resolve(null));
  });
}

function alreadyRunning(dataDir: string, pid: string | null): HarvestError {
  return new HarvestError({
    code: 'already-running',
    message:
      `a standalone process${pid === null ? '' : ` (pid ${pid})`} already runs on ${dataDir}: use that one (bin/harvest finds it), ` +
      'stop it, or set HARVEST_DATA_DIR to another folder',
  });
}
