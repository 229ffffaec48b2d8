import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { waitUntil } from './wait-until';

const KEPT_LINES = 400;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface HouseProcessOptions {
  readonly name: string;
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One real process of the product. */
export class HouseProcess {
  readonly name: string;
  readonly exited: Promise<Ending>;
  ending: Ending | null = null;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private rest = '';

  constructor({ name, main, env }: HouseProcessOptions) {
    this.name = name;
    const { PATH = '', HARVEST_TEST_RUN } = process.env;
    const base = { PATH, NODE_ENV: 'test', ...(HARVEST_TEST_RUN === undefined ? {} : { HARVEST_TEST_RUN }) };
    this.child = spawn(process.execPath, [main], { env: { ...base, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => this.keep(chunk.toString()));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        this.ending = { code, signal };
        resolve(this.ending);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.ending === null;
  }

  send(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** How it ended; a process that does not end in time is killed, and that is an error. */
  async end(signal: NodeJS.Signals, timeoutMs = 15_000): Promise<Ending> {
    this.send(signal);
    return this.ended(timeoutMs);
  }

  async ended(timeoutMs: number): Promise<Ending> {
    try {
      return await waitUntil({ what: `${this.name} ends`, timeoutMs, everyMs: 20 }, () => this.ending);
    } catch (error) {
      this.send('SIGKILL');
      throw error;
    }
  }

  /** The first log line that holds `text`. */
  line(text: string, timeoutMs = 60_000): Promise<string> {
    return waitUntil({ what: `${this.name} says '${text}'`, timeoutMs, everyMs: 50 }, () => {
      const found = this.find(text);
      if (found === null && this.ending !== null) throw new Error(`it ended: ${this.lastLines(20)}`);
      return found;
    });
  }

  find(text: string): string | null {
    return this.lines.find((line) => line.includes(text)) ?? null;
  }

  lastLines(count: number): string {
    return this.lines.slice(-count).join('\n');
  }

  private keep(text: string): void {
    const parts = `${this.rest}${text}`.split('\n');
    this.rest = parts.pop() ?? '';
    this.lines.push(...parts.filter((line) => line !== ''));
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES);
  }
}
