// One child process group: started, watched by a deadline, ended as a whole.
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BIN = join(REPOSITORY, 'node_modules', '.bin');
/** The runtime that the product brings along, where the system's is older. */
export const NODE = existsSync(join(BIN, 'node')) ? join(BIN, 'node') : process.execPath;

const running = new Set();
let interrupted = false;

/** Ends a group for good; whatever it had started with it, unless that detached itself. */
function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a command to its end. With `output: 'show'` it writes to the terminal, else what it wrote is returned.
 * @returns {Promise<{ok: boolean, output: string, seconds: number, timedOut: boolean}>} never rejects for a command that fails
 */
export function runCommand([file, ...args], { env = {}, output = 'keep', deadlineSeconds }) {
  if (interrupted) return new Promise(() => undefined);
  const startedMs = Date.now();
  const stdio = output === 'show' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'];
  const path = `${BIN}:${process.env.PATH}`;
  const child = spawn(file === 'node' ? NODE : file, args, {
    cwd: REPOSITORY,
    detached: true,
    stdio,
    env: { ...process.env, PATH: path, ...env },
  });
  running.add(child);
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  const state = { timedOut: false };
  const timer = setTimeout(() => {
    state.timedOut = true;
    endGroup(child, 'SIGKILL');
  }, deadlineSeconds * 1000);
  return new Promise((resolve) => {
    const finish = (ok, note = '') => {
      clearTimeout(timer);
      running.delete(child);
      if (child.pid) endGroup(child, 'SIGKILL');
      const late = state.timedOut ? `\nended after its deadline of ${deadlineSeconds} s` : '';
      const seconds = (Date.now() - startedMs) / 1000;
      resolve({ ok: ok && !state.timedOut, output: `${Buffer.concat(chunks)}${note}${late}`, seconds, timedOut: state.timedOut });
    };
    child.once('error', (error) => finish(false, error.message));
    // 'exit' and not 'close': a grandchild that holds the pipe open must not hold us.
    child.once('exit', (code) => finish(code === 0));
  });
}

/** For Ctrl-C: everything that runs, at once; nothing is started any more. */
export function endAllChildren() {
  interrupted = true;
  for (const child of running) if (child.pid) endGroup(child, 'SIGKILL');
}
