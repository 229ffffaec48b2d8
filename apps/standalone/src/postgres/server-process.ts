import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@harvest/kernel';

/** A server that runs on a cluster of ours, whoever started it. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** It takes connections; false while it starts, recovers or stops. */
  readonly ready: boolean;
  readonly commandLine: readonly string[];
}

/** Lines of `postmaster.pid`, by Postgres's own definition. */
const LINE = { pid: 0, port: 3, status: 7 } as const;

/** What `postmaster.pid` says, believed only if that process really is a server on this cluster: a pid may be another's by now. */
export function findServer(cluster: string): RunningServer | null {
  const lines = readPidFile(cluster);
  const pid = Number(lines?.[LINE.pid]);
  if (lines === null || !Number.isSafeInteger(pid) || pid <= 1) return null;
  const commandLine = commandLineOf(pid);
  if (!commandLine.includes(cluster)) return null;
  return { pid, port: Number(lines[LINE.port] ?? 0), ready: lines[LINE.status]?.trim() === 'ready', commandLine };
}

/** True when the file names a process that is alive and not a server of ours: Postgres would refuse to start because of it. */
export function hasForeignPidFile(cluster: string): boolean {
  const pid = Number(readPidFile(cluster)?.[LINE.pid]);
  return Number.isSafeInteger(pid) && pid > 1 && findServer(cluster) === null && commandLineOf(pid).length > 0;
}

function readPidFile(cluster: string): readonly string[] | null {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
}

function commandLineOf(pid: number): readonly string[] {
  try {
    if (process.platform === 'linux')
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        .split('\0')
        .filter((part) => part !== '');
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8', timeout: 5000 })
      .trim()
      .split(/\s+/);
  } catch {
    return [];
  }
}

/** Postgres's three ways to stop: fast (rolls back, writes a checkpoint), immediate (recovers at the next start), not at all. */
const STEPS = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;

/**
 * Stops the server on this cluster, first by the fast way for `fastMs`, then harder. Loses nothing in any of them: what was
 * committed is in the write-ahead log. Returns when it is gone; the signals it took, for the log.
 */
export async function stopServer(cluster: string, clock: Clock, fastMs: number): Promise<readonly string[]> {
  const sent: string[] = [];
  for (const signal of STEPS) {
    const server = findServer(cluster);
    if (server === null) return sent;
    sent.push(signal);
    if (!sendSignal(server.pid, signal)) return sent;
    if (await goneWithin(server.pid, cluster, { clock, timeoutMs: signal === 'SIGINT' ? fastMs : 2000 })) return sent;
  }
  return sent;
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

async function goneWithin(pid: number, cluster: string, wait: { clock: Clock; timeoutMs: number }): Promise<boolean> {
  const deadlineMs = wait.clock.nowMs() + wait.timeoutMs;
  while (commandLineOf(pid).includes(cluster)) {
    if (wait.clock.nowMs() >= deadlineMs) return false;
    await wait.clock.sleep(20);
  }
  return true;
}
