import { join } from 'node:path';
import type { FaultPoint } from '@harvest/kernel';
import { HouseProcess } from './house-process';

export interface FleetOptions {
  readonly build: string;
  readonly env: Readonly<Record<string, string>>;
}

const KEPT = 6;

/** The processes under test: one api, one projector that stays, and those that come and go. */
export class Fleet {
  main: HouseProcess | null = null;
  api: HouseProcess | null = null;
  private started = 0;
  private readonly all: HouseProcess[] = [];

  constructor(private readonly options: FleetOptions) {}

  /** `faults`: see HARVEST_FAULTS. */
  spawnProjector(faults?: string): HouseProcess {
    return this.spawn('projector', faults === undefined ? {} : { HARVEST_FAULTS: faults });
  }

  /** Dies at the point by SIGKILL, at its first chunks. */
  spawnDoomed(point: FaultPoint, after: number): HouseProcess {
    return this.spawnProjector(`${point}:kill:after=${after}`);
  }

  /** The projector that stays runs, newly started if it does not. */
  async ensureMain(): Promise<HouseProcess> {
    if (this.main?.isRunning === true) return this.main;
    this.main = this.spawnProjector();
    await this.main.line('the projector consumes');
    return this.main;
  }

  async startApi(redisUrl: string): Promise<{ api: string; operators: string }> {
    this.api = this.spawn('api', { REDIS_URL: redisUrl, HARVEST_HTTP_HOST: '127.0.0.1' });
    return JSON.parse(await this.api.line('"the api answers"')) as { api: string; operators: string };
  }

  lastLines(): string {
    const recent = [...new Set([this.api, ...this.all.slice(-KEPT)])].filter((one) => one !== null);
    return recent.map((one) => `--- ${one.name} (${JSON.stringify(one.ending)})\n${one.lastLines(15)}`).join('\n');
  }

  async stop(): Promise<void> {
    const running = this.all.filter(({ isRunning }) => isRunning);
    // A frozen one takes no other signal.
    for (const one of running) one.send('SIGKILL');
    await Promise.all(running.map(({ exited }) => exited));
  }

  private spawn(app: 'api' | 'projector', env: Readonly<Record<string, string>>): HouseProcess {
    this.started += 1;
    const name = `${app} ${this.started}`;
    const main = join(this.options.build, 'apps', app, 'src/main.js');
    const ports = { HARVEST_OPERATOR_PORT: '0', HARVEST_HTTP_PORT: '0', HARVEST_SESSION_TIMEOUT_MS: '6000', HARVEST_LOG_PRETTY: 'false' };
    const one = new HouseProcess({ name, main, env: { ...ports, ...this.options.env, ...env } });
    this.all.push(one);
    return one;
  }
}
