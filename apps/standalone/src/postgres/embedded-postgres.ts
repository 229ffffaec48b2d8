import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@harvest/kernel';
import { HarvestError } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import { createCluster, DATABASE, DATABASE_USER, readPassword } from './create-cluster';
import type { PostgresHome } from './postgres-home';
import { findServer, hasForeignPidFile, stopServer } from './server-process';
import { serverSettings, settingFlags } from './server-settings';

const START_ATTEMPTS = 5;
/** Recovery after a kill may have gigabytes of log to replay. */
const READY_TIMEOUT_MS = 60_000;
const ORPHAN_STOP_MS = 10_000;
const MAX_LOG_BYTES = 10 * 2 ** 20;

/**
 * A Postgres server of our own in the data directory. Its process is no child that dies with us: after a kill of ours it runs on,
 * and the next start adopts it when it runs with today's settings, else stops it first.
 */
export class EmbeddedPostgres {
  private stopping = false;
  private port = 0;

  constructor(
    private readonly home: PostgresHome,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Resolves with the database's URL once it takes connections. @throws `embedded-postgres-failed`. */
  async start(): Promise<string> {
    createCluster(this.home);
    this.port = (await this.adopt()) ?? (await this.startAnew());
    const password = encodeURIComponent(readPassword(this.home));
    return `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${this.port}/${DATABASE}`;
  }

  /** Idempotent; harder means when the gentle one takes longer than `fastMs`. */
  async stop(fastMs: number): Promise<void> {
    this.stopping = true;
    const signals = await stopServer(this.home.cluster, this.clock, fastMs);
    this.logger.debug({ signals }, 'the embedded Postgres has stopped');
  }

  /** The port of a server that a killed process left behind, null when there is none to take over. */
  private async adopt(): Promise<number | null> {
    const orphan = findServer(this.home.cluster);
    if (orphan === null) return null;
    const expected = this.commandLine(orphan.port).slice(1);
    const isOurs = orphan.ready && expected.every((part) => orphan.commandLine.includes(part));
    this.logger.info({ pid: orphan.pid, adopted: isOurs }, 'an embedded Postgres of an earlier run is still there');
    if (isOurs) return orphan.port;
    await stopServer(this.home.cluster, this.clock, ORPHAN_STOP_MS);
    return null;
  }

  private async startAnew(): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await findFreePort();
      const failure = await this.tryStart(port);
      if (failure === null) return port;
      if (attempt === START_ATTEMPTS) throw failure;
      await this.clock.sleep(300 * attempt);
    }
  }

  /** Null when it takes connections. A port taken in between and backends of a killed server that linger are worth another try. */
  private async tryStart(port: number): Promise<HarvestError | null> {
    const { cluster } = this.home;
    if (hasForeignPidFile(cluster)) rmSync(join(cluster, 'postmaster.pid'), { force: true });
    const child = this.spawnServer(port);
    if (await this.becomesReady(child)) return null;
    if (child.exitCode === null) await stopServer(cluster, this.clock, ORPHAN_STOP_MS);
    return this.startFailure();
  }

  /** False when it ends, or takes longer than a recovery may. */
  private async becomesReady(child: ChildProcess): Promise<boolean> {
    const deadlineMs = this.clock.nowMs() + READY_TIMEOUT_MS;
    while (this.clock.nowMs() < deadlineMs && child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const server = findServer(this.home.cluster);
      if (server !== null && server.pid === child.pid && server.ready) return true;
      await this.clock.sleep(10);
    }
    return false;
  }

  private startFailure(): HarvestError {
    const lines = readFileSync(this.logPath(), 'utf8').trimEnd().split('\n').slice(-8);
    return new HarvestError({
      code: 'embedded-postgres-failed',
      message: `the embedded Postgres did not start; its last lines (${this.logPath()}):\n  ${lines.join('\n  ')}`,
    });
  }

  /** A session of its own: Ctrl-C at the terminal is for us, who stop it last. Its output goes to a file that outlives us. */
  private spawnServer(port: number): ChildProcess {
    const { account, folder } = this.home;
    const [program, ...argumentList] = this.commandLine(port);
    const output = this.openLog();
    const child = spawn(program as string, argumentList, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output, output],
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    });
    closeSync(output);
    child.on('error', (error) => this.logger.error({ err: error }, 'the embedded Postgres could not be run'));
    child.unref();
    return child;
  }

  private commandLine(port: number): readonly string[] {
    const { binaries, cluster } = this.home;
    return [binaries.postgres, '-D', cluster, '-p', String(port), ...settingFlags(serverSettings(binaries))];
  }

  private openLog(): number {
    const path = this.logPath();
    const output = openSync(path, 'a', 0o600);
    if (statSync(path).size > MAX_LOG_BYTES) truncateSync(path);
    return output;
  }

  private logPath(): string {
    return join(this.home.folder, 'postgres.log');
  }

  /**
   * Checks each second that the server is there and starts it again on its port when it is not (killed by hand, out of memory).
   * Ends when `stop` is called. @throws `embedded-postgres-failed` when it will not start again.
   */
  async keepRunning(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.stopping) {
      await this.clock.sleep(1000, signal).catch(() => undefined);
      if (signal.aborted || this.stopping || findServer(this.home.cluster) !== null) continue;
      this.logger.error({ port: this.port }, 'the embedded Postgres has ended unasked; starting it again');
      const failure = await this.tryStart(this.port);
      if (failure !== null && !this.stopping) throw failure;
    }
  }
}

/** Free at this moment; whoever binds it must be ready to lose the race. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
