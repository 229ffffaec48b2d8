import type { RawEnvironment } from '@harvest/config';
import { isHarvestError, systemClock } from '@harvest/kernel';
import { silentProgress } from '@harvest/operations';
import type { Command, OptionValues } from './command';
import { hintFor } from './error-hints';
import type { ExitCode } from './exit-codes';
import { EXIT, exitCodeOf } from './exit-codes';
import { coloured } from './output/colours';
import { toJson } from './output/json';
import { ProgressBar } from './output/progress-bar';
import type { Terminal } from './output/terminal';
import { openServices } from './services/open-services';

export interface Invocation {
  readonly arguments: readonly string[];
  /** `json` and `quiet` are known to every command. */
  readonly options: OptionValues;
}

/** Where a command runs. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** That of the process unless given. */
  readonly environment?: RawEnvironment;
}

/** Runs one command to its end: answer, errors with what to do next, services closed. Never throws. */
export async function runCommand(command: Command, invocation: Invocation, { terminal, environment }: Surroundings): Promise<ExitCode> {
  const isJson = invocation.options['json'] === true;
  const progress = isJson && !terminal.drawsProgress ? silentProgress : new ProgressBar(terminal, systemClock);
  const services = openServices(environment);
  try {
    const result = await command({ ...invocation, terminal, progress, services });
    terminal.write(isJson ? toJson(result.json, terminal.isInteractive) : result.text(terminal));
    return result.exitCode ?? EXIT.fine;
  } catch (error) {
    progress.finished();
    terminal.writeError(isJson ? toJson({ error: describe(error) }, false) : explain(error, terminal));
    return exitCodeOf(error);
  } finally {
    await services.close();
  }
}

interface ErrorDescription {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

function describe(error: unknown): ErrorDescription {
  if (!isHarvestError(error))
    return { code: 'unexpected', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  const hint = hintFor(error.code);
  return { code: error.code, message: error.message, ...(hint !== null && { hint }) };
}

function explain(error: unknown, terminal: Terminal): string {
  const { code, message, hint } = describe(error);
  const lines = [`${coloured(terminal.drawsProgress, 'bad', 'error')} ${code}: ${message}`];
  if (hint !== undefined) lines.push(`  → ${hint}`);
  return `${lines.join('\n')}\n`;
}
