import type { Config } from '@harvest/config';
import { loadConfig } from '@harvest/config';
import { isHarvestError } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import { createLogger } from '@harvest/observability';
import { Standalone } from './standalone';
import type { StandaloneOptions } from './standalone-options';
import { parseStandaloneOptions, USAGE } from './standalone-options';

const EXIT = { fine: 0, failed: 1, usage: 2 } as const;
const STANDARD_ERROR = 2;
/** Above what the steps of a shutdown may take together. */
const HARD_LIMIT_MS = 4800;

/** The process from its arguments to its end; ends it. */
export async function runStandalone(argumentList: readonly string[]): Promise<void> {
  const prepared = prepare(argumentList);
  if (prepared === null) return;
  const { options, config, logger } = prepared;
  const lifetime = new Lifetime(logger);
  const standalone = new Standalone(options, {
    config,
    logger,
    say: (line) => void process.stdout.write(`${line}\n`),
    fail: (error) => lifetime.fail(error),
  });
  lifetime.attach(standalone);
  try {
    await standalone.start();
  } catch (error) {
    if (!lifetime.isEnding) lifetime.fail(error as Error);
  }
}

function prepare(argumentList: readonly string[]): { options: StandaloneOptions; config: Config; logger: Logger } | null {
  try {
    const options = parseStandaloneOptions(argumentList);
    if (options.help) {
      process.stdout.write(USAGE);
      return null;
    }
    const config = loadConfig();
    return { options, config, logger: createLogger({ name: 'standalone', ...config.log, destination: STANDARD_ERROR }) };
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = EXIT.usage;
    return null;
  }
}

/** Ends the process once, in order, for whichever reason comes first. */
class Lifetime {
  isEnding = false;
  private standalone: Standalone | null = null;

  constructor(private readonly logger: Logger) {}

  attach(standalone: Standalone): void {
    this.standalone = standalone;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.end(EXIT.fine));
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (reason) => this.fail(reason instanceof Error ? reason : new Error(String(reason))));
  }

  fail(error: Error): void {
    if (this.isEnding) return this.logger.warn({ err: error }, 'failed while ending');
    process.stderr.write(`${describe(error)}\n`);
    this.end(EXIT.failed);
  }

  private end(exitCode: number): void {
    if (this.isEnding) return;
    this.isEnding = true;
    setTimeout(() => process.exit(exitCode), HARD_LIMIT_MS).unref();
    void this.standalone?.stop().then(() => process.exit(exitCode));
  }
}

function describe(error: unknown): string {
  if (isHarvestError(error)) return `error ${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
