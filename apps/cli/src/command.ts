import type { ProgressSink } from '@harvest/operations';
import type { ExitCode } from './exit-codes';
import type { Terminal } from './output/terminal';
import type { Services } from './services/services';

export type OptionValues = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CommandContext {
  readonly terminal: Terminal;
  readonly progress: ProgressSink;
  readonly services: Services;
  readonly arguments: readonly string[];
  readonly options: OptionValues;
}

/** What a command found out, for programs and for people. */
export interface CommandResult {
  readonly json: unknown;
  /** Ends with a new line unless it is empty. */
  text(terminal: Terminal): string;
  /** Fine unless said otherwise. */
  readonly exitCode?: ExitCode;
}

/** @throws HarvestError whose code the exit code and the hint follow from. */
export type Command = (context: CommandContext) => Promise<CommandResult>;
