// Processes that outlive this script: started detached, known by a pid file they write themselves, never by name.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A failure that is explained in its message: printed without a stack. */
export class ServiceError extends Error {}

/** When a process began, in a form that only equals itself: a pid may be given to another process later. Null: no such process. */
export function startTimeOf(pid) {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? null : fields[19];
    } catch {
      return null;
    }
  }
  const shown = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return shown.status === 0 ? shown.stdout.trim().replaceAll(/\s+/g, '_') || null : null;
}

export function isAlive(identity) {
  return identity !== null && startTimeOf(identity.pid) === identity.startTime;
}

export function ownIdentity(pid = process.pid) {
  return { pid, startTime: startTimeOf(pid) };
}

/** `<pid> <start time>`; null when there is none or it was cut short. */
export function readIdentity(file) {
  try {
    const [pid, startTime] = readFileSync(file, 'utf8').trim().split(' ');
    return Number(pid) > 1 && startTime ? { pid: Number(pid), startTime } : null;
  } catch {
    return null;
  }
}

// The shell notes its own pid and then becomes the service, so that no instant exists at which a service runs unknown to its folder.
const NOTE_PID_AND_BECOME = `
folder=$1; shift
if [ -r /proc/$$/stat ]; then started=$(cut -d ' ' -f 22 /proc/$$/stat); else started=$(ps -o lstart= -p $$ | sed 's/^ *//;s/ *$//' | tr -s ' ' _); fi
echo "$$ $started" > "$folder/pid.new" && mv "$folder/pid.new" "$folder/pid" && exec "$@"`;

/** Starts `command` detached, its output in `<folder>/log`, its identity in `<folder>/pid`. */
export async function startDetached(folder, command) {
  rmSync(join(folder, 'pid'), { force: true });
  const log = openSync(join(folder, 'log'), 'a');
  const child = spawn('sh', ['-c', NOTE_PID_AND_BECOME, 'service', folder, command.file, ...command.args], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8', ...command.env },
    ...command.user,
  });
  closeSync(log);
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new ServiceError(`cannot start ${command.file}: ${error.message}`)));
  });
  child.unref();
}

export function processIn(folder) {
  const identity = readIdentity(join(folder, 'pid'));
  return isAlive(identity) ? identity : null;
}

export function lastLines(file, count = 25) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no output)';
  }
}

/**
 * Polls `check` until it is true. Throws after `timeoutMs`, or at once when `gaveUp` is true, with the service's last lines.
 * Looks once more when the time is over: a program that another service's start waits for has held this process up meanwhile.
 */
export async function waitUntil(check, { what, timeoutMs, logFile, gaveUp = () => false }) {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const isOver = Date.now() > until;
    if (await check()) return;
    const ended = gaveUp();
    if (ended || isOver) {
      const how = ended ? 'ended before it was ready' : `not after ${timeoutMs / 1000} s`;
      throw new ServiceError(`${what}: ${how}\n${logFile ? `--- last lines of ${logFile}\n${lastLines(logFile)}` : ''}`);
    }
    await sleep(50);
  }
}

function signal(identity, name) {
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Sends `name`, waits, then kills. Resolves once the process is gone. */
export async function endProcess(identity, name, timeoutMs = 15_000) {
  if (!isAlive(identity)) return;
  signal(identity, name);
  if (name !== 'SIGKILL') signal(identity, 'SIGCONT');
  const until = Date.now() + timeoutMs;
  while (isAlive(identity) && Date.now() < until) await sleep(20);
  if (isAlive(identity)) signal(identity, 'SIGKILL');
  await waitUntil(() => !isAlive(identity), { what: `process ${identity.pid} after SIGKILL`, timeoutMs: 10_000 });
}

export function signalProcess(identity, name) {
  if (isAlive(identity)) signal(identity, name);
}

/** Runs to the end; throws with its output when it fails or takes too long. */
export function run(file, args, { timeoutMs = 60_000, ...options } = {}) {
  const result = spawnSync(file, args, { encoding: 'utf8', timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, ...options });
  if (result.status === 0) return result.stdout;
  const output = [result.stdout, result.stderr].filter(Boolean).join('');
  throw new ServiceError(`${file} ${args.join(' ')}: ${howItEnded(result, timeoutMs)}\n${output}`.trimEnd());
}

function howItEnded({ error, status, signal: endedBy }, timeoutMs) {
  if (error?.code === 'ETIMEDOUT') return `took longer than ${timeoutMs / 1000} s`;
  return error?.message ?? `ended with ${endedBy ?? status}`;
}

export function succeeds(file, args, options = {}) {
  return spawnSync(file, args, { stdio: 'ignore', timeout: 10_000, ...options }).status === 0;
}

/** The program's path, or null. */
export function findProgram(name) {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** Free ports below the range that outgoing connections take theirs from, so that a restarted service finds its port free. */
export async function freePorts(count) {
  const ports = new Set();
  for (let attempt = 0; ports.size < count && attempt < 500; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  if (ports.size < count) throw new ServiceError('no free port between 15000 and 32000 on 127.0.0.1');
  return [...ports];
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
