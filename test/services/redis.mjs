import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { findProgram, run } from './processes.mjs';

function find() {
  const file = findProgram('redis-server');
  return file ? { file, version: /v=([\d.]+)/.exec(run(file, ['--version']))?.[1] ?? '?' } : null;
}

// Nothing is kept, and memory is so small that eviction is exercised.
function command({ folder, ports, found }) {
  const settings = {
    port: ports[0],
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'no',
    maxmemory: '64mb',
    'maxmemory-policy': 'allkeys-lru',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return { file: found.file, args: [...args, '--save', ''] };
}

/** Sends bytes, resolves whether the answer passes `accepts`; false after a second. */
export function answers(port, bytes, accepts) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(bytes));
    socket.once('data', (data) => finish(accepts(data)));
  });
}

export const redis = {
  name: 'redis',
  variable: 'REDIS_URL',
  portCount: 1,
  packages: ['redis-server'],
  needs: 'redis-server',
  readyTimeoutMs: 20_000,
  stopSignal: 'SIGTERM',
  discardSignal: 'SIGKILL',
  find,
  prepare: ({ folder }) => mkdirSync(folder, { recursive: true }),
  command,
  isReady: ({ ports }) => answers(ports[0], 'PING\r\n', (data) => data.toString().startsWith('+PONG')),
  address: (ports) => `redis://127.0.0.1:${ports[0]}`,
};
