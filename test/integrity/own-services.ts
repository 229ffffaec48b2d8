import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const REPOSITORY = join(__dirname, '..', '..');
const SCRIPT = join(REPOSITORY, 'test/services/services');
export const BUILD = join(REPOSITORY, 'dist');

/** Addresses of other services would be taken for somebody's own, which are not ours to kill. */
const { DATABASE_URL: _1, REDIS_URL: _2, KAFKA_BROKERS: _3, HARVEST_SERVICES: _4, EMBEDDED_DATABASE_URL: _5, ...bare } = process.env;

export type ServiceName = 'postgres' | 'redis' | 'kafka';

function services(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(SCRIPT, args, { env: bare, timeout: 180_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`services ${args.join(' ')}: ${stdout}${stderr}`));
    });
  });
}

/** A set of services of its own: whoever restarts and freezes them disturbs nobody. */
export class OwnServices {
  private constructor(
    private readonly name: string,
    readonly databaseUrl: string,
    readonly redisUrl: string,
    readonly brokers: string,
  ) {}

  static async up(name: string): Promise<OwnServices> {
    await services('up', '--name', name, '--owner', String(process.pid));
    const lines = await services('env', '--name', name);
    const address = (variable: string) => new RegExp(`${variable}='([^']*)'`).exec(lines)?.[1] ?? '';
    return new OwnServices(name, address('DATABASE_URL'), address('REDIS_URL'), address('KAFKA_BROKERS'));
  }

  change(verb: 'kill' | 'start' | 'stop' | 'freeze' | 'thaw', service: ServiceName): Promise<string> {
    return services(verb, service, '--name', this.name);
  }

  /** The build as it is now: a rebuild meanwhile must not change what the processes of one run are made of. */
  copyBuild(): string {
    const copy = join(REPOSITORY, '.services', this.name, 'dist');
    cpSync(BUILD, copy, { recursive: true });
    return copy;
  }

  /** One command to Redis; the first line of its answer. */
  redis(command: string): Promise<string> {
    const { hostname, port } = new URL(this.redisUrl);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(`${command}\r\n`));
      socket.setTimeout(5000, () => socket.destroy(new Error('redis does not answer')));
      socket.once('error', reject);
      socket.once('data', (answer) => {
        socket.destroy();
        resolve(answer.toString().split('\r\n', 1)[0] ?? '');
      });
    });
  }

  down(): Promise<string> {
    return services('down', '--name', this.name);
  }
}
