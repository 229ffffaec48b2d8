import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog } from '@harvest/contracts';
import { topicName } from '@harvest/contracts';
import { createEmbeddedLog } from '@harvest/ingest';
import { createMetrics, silentLogger } from '@harvest/observability';
import { createStore } from '@harvest/store';
import { MIGRATIONS } from '../../migrations';

export const TOPIC_PREFIX = 'signals.';

const REPOSITORY = join(__dirname, '..', '..');
const NODE = join(REPOSITORY, 'node_modules', '.bin', 'node');
const STANDALONE = join(REPOSITORY, 'dist', 'apps', 'standalone', 'src', 'main.js');

/** What a stranger's shell has: none of the services that the test run itself brought up. */
function plainEnvironment(dataDir: string): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LANG, HARVEST_TEST_RUN } = process.env;
  return { PATH, HOME, TMPDIR, LANG, HARVEST_TEST_RUN, HARVEST_DATA_DIR: dataDir, HARVEST_HTTP_PORT: '0', HARVEST_OPERATOR_PORT: '0' };
}

/** A folder that the embedded Postgres's account may enter too. */
export function makeDataFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'harvest-e2e-'));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** `npm ci` leaves a built product; a checkout that was only edited is built once. */
export function ensureBuilt(): void {
  if (!existsSync(STANDALONE)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: REPOSITORY, stdio: 'pipe' });
}

export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Instance {
  readonly pid: number;
  readonly databaseUrl: string;
  readonly apiUrl: string;
  readonly operatorUrl: string;
}

/** One standalone process, from its start to its end. */
export class StandaloneProcess {
  out = '';
  err = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(
    private readonly dataDir: string,
    argumentList: readonly string[] = [],
  ) {
    this.child = spawn(NODE, ['--enable-source-maps', STANDALONE, ...argumentList], { env: plainEnvironment(dataDir), cwd: REPOSITORY });
    this.child.stdout?.on('data', (chunk: Buffer) => void (this.out += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => void (this.err += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Until the addresses have been printed, which is when it is ready; how long it took, in ms. */
  async waitUntilReady(timeoutMs = 90_000): Promise<number> {
    const startedMs = performance.now();
    await this.waitFor(() => this.out.includes('Ctrl-C stops it'), timeoutMs, 'ready');
    return performance.now() - startedMs;
  }

  async waitFor(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const untilMs = Date.now() + timeoutMs;
    while (!condition()) {
      if (this.child.exitCode !== null || Date.now() > untilMs) {
        throw new Error(`the process was never ${what} (exit code ${this.child.exitCode}):\n${this.out}\n${this.err.slice(-3000)}`);
      }
      await sleep(20);
    }
  }

  instance(): Instance {
    return JSON.parse(readFileSync(join(this.dataDir, 'instance.json'), 'utf8')) as Instance;
  }

  /** Like a power cut for this process; its Postgres lives on. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Ctrl-C; the exit code and how long it took. */
  async interrupt(): Promise<{ readonly exitCode: number | null; readonly tookMs: number }> {
    const startedMs = performance.now();
    this.child.kill('SIGINT');
    return { exitCode: await this.ended, tookMs: performance.now() - startedMs };
  }

  /** For `afterAll`: whatever has become of it, it and its Postgres are gone afterwards. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.interrupt();
    const pidFile = join(this.dataDir, 'postgres', 'cluster', 'postmaster.pid');
    if (!existsSync(pidFile)) return;
    const next = new StandaloneProcess(this.dataDir);
    await next.waitUntilReady().catch(() => undefined);
    await next.interrupt();
  }
}

/** `bin/harvest`, as somebody in another directory calls it. */
export async function harvest(dataDir: string, ...argumentList: readonly string[]): Promise<CommandOutcome> {
  return outcomeOf(startHarvest(dataDir, ...argumentList));
}

export function startHarvest(dataDir: string, ...argumentList: readonly string[]): ChildProcess {
  return spawn(join(REPOSITORY, 'bin', 'harvest'), [...argumentList], { env: plainEnvironment(dataDir), cwd: dataDir });
}

export async function outcomeOf(child: ChildProcess): Promise<CommandOutcome> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => void (err += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, out, err };
}

export interface OpenLog {
  readonly log: EventLog;
  /** Records in the artifacts' topic. */
  countArtifactRecords(): Promise<number>;
  close(): Promise<void>;
}

/** The embedded log of a running process, past its API. */
export function openLog({ databaseUrl }: Instance): OpenLog {
  const store = createStore({
    databaseUrl,
    topicPrefix: TOPIC_PREFIX,
    migrations: MIGRATIONS,
    logger: silentLogger,
    metrics: createMetrics(),
  });
  const log = createEmbeddedLog({ store: store.embeddedLog, logger: silentLogger, pollMs: 100 });
  return {
    log,
    countArtifactRecords: async () => {
      const ranges = await log.ranges([topicName(TOPIC_PREFIX, 'artifacts')]);
      return ranges.reduce((sum, { endOffset }) => sum + Number(endOffset), 0);
    },
    close: async () => {
      await log.close();
      await store.close();
    },
  };
}

export async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${await response.text()}`);
  return response.json();
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
