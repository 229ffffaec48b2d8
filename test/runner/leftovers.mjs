// Every process of a test run carries the run's id in its environment, so that what was left behind can be found without guessing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const VARIABLE = 'HARVEST_TEST_RUN';

export const runId = `${process.pid}-${Date.now()}`;
export const runEnvironment = { [VARIABLE]: runId };

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** `{pid, command}` of processes of this run that still live. Linux only; elsewhere none are found. */
export function findLeftovers() {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(`${VARIABLE}=${runId}`))
    .map((pid) => ({ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 160) }));
}

export function killLeftovers() {
  const found = findLeftovers();
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself meanwhile
    }
  }
  return found;
}
