import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

const READY_MS = 10_000;

/** A redis-server of a test's own, to be frozen, killed, filled and flushed. */
export class PrivateRedis {
  private server: ChildProcess | null = null;
  private readonly clients: Redis[] = [];

  private constructor(readonly port: number) {}

  static async start(): Promise<PrivateRedis> {
    const redis = new PrivateRedis(await freePort());
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** A plain client of the test's, to look inside. */
  client(): Redis {
    const client = new Redis(this.url, { retryStrategy: null });
    client.on('error', () => undefined);
    this.clients.push(client);
    return client;
  }

  /** Resolves when it answers; nothing to do while it runs. */
  async run(): Promise<void> {
    if (this.server) return;
    const server = spawn('redis-server', ['--port', String(this.port), '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'], {
      stdio: 'ignore',
    });
    const failed = new Promise<never>((_resolve, reject) => {
      server.once('error', (error) => reject(new Error('redis-server is needed in PATH for this test', { cause: error })));
    });
    this.server = server;
    await Promise.race([this.answers(), failed]);
  }

  async kill(): Promise<void> {
    const server = this.server;
    if (!server || server.exitCode !== null) return;
    const ended = new Promise((resolve) => {
      server.once('exit', resolve);
    });
    server.kill('SIGKILL');
    await ended;
    this.server = null;
  }

  freeze(): void {
    this.server?.kill('SIGSTOP');
  }

  thaw(): void {
    this.server?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    for (const client of this.clients) endClient(client);
    await this.kill();
  }

  private async answers(): Promise<void> {
    const untilMs = Date.now() + READY_MS;
    while (Date.now() < untilMs) {
      const client = new Redis(this.url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 });
      client.on('error', () => undefined);
      const pong = await client
        .connect()
        .then(() => client.ping())
        .catch(() => null);
      endClient(client);
      if (pong === 'PONG') return;
      await sleep(20);
    }
    throw new Error(`redis-server on port ${this.port} did not answer in ${READY_MS} ms`);
  }
}

/** Disconnecting one that has ended already would leave a timer of two seconds behind. */
function endClient(client: Redis): void {
  if (client.status !== 'end') client.disconnect();
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
