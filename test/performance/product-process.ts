import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const KEPT_LINES = 200;
const START_MS = 60_000;
const END_MS = 15_000;

export interface ProductProcessOptions {
  readonly app: 'api' | 'projector';
  readonly build: string;
  readonly repository: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One real process of the product, started with the flags of its npm script. */
export class ProductProcess {
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private rest = '';
  private waiting: { readonly text: string; readonly found: (line: string) => void } | null = null;
  private isEnding = false;

  constructor(private readonly options: ProductProcessOptions) {
    const { app, build, env } = options;
    const { PATH = '' } = process.env;
    const base = { PATH, HARVEST_OPERATOR_PORT: '0', HARVEST_HTTP_PORT: '0', HARVEST_HTTP_HOST: '127.0.0.1', HARVEST_LOG_PRETTY: 'false' };
    const { flags, variables } = startOf(options);
    const args = [...flags, join(build, 'apps', app, 'src/main.js')];
    this.child = spawn(process.execPath, args, { env: { ...base, ...variables, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (chunk: Buffer) => this.keep(chunk.toString()));
    this.child.once('exit', (code, signal) => {
      if (!this.isEnding) process.stderr.write(`${app} ended (${code ?? signal}):\n${this.lines.slice(-20).join('\n')}\n`);
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The first log line that holds `text`, said already or to come. */
  line(text: string): Promise<string> {
    const said = this.lines.find((line) => line.includes(text));
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${this.options.app} has not said '${text}':\n${this.lines.slice(-20).join('\n')}`));
      const timer = setTimeout(late, START_MS);
      this.child.once('exit', late);
      const found = (line: string) => {
        clearTimeout(timer);
        resolve(line);
      };
      this.waiting = { text, found };
    });
  }

  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    this.isEnding = true;
    if (!this.isRunning) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.thaw();
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await exited;
    clearTimeout(timer);
  }

  private keep(text: string): void {
    const parts = `${this.rest}${text}`.split('\n');
    this.rest = parts.pop() ?? '';
    for (const line of parts) {
      this.lines.push(line);
      if (this.waiting !== null && line.includes(this.waiting.text)) {
        this.waiting.found(line);
        this.waiting = null;
      }
    }
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, this.lines.length - KEPT_LINES);
  }
}

/** `MALLOC_ARENA_MAX=2 node --max-semi-space-size=4 …` of `npm run start:api`: what is measured is what is started. */
function startOf({ app, repository }: ProductProcessOptions) {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const words = (scripts[`start:${app}`] ?? '').split(' ');
  const variables = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('=', 2) as [string, string]);
  return { flags: words.filter((word) => word.startsWith('--')), variables: Object.fromEntries(variables) };
}
