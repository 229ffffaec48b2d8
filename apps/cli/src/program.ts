import type { Command as CommanderCommand } from 'commander';
import { Command as Program, CommanderError } from 'commander';
import { defineCommands } from './define-commands';
import type { ExitCode } from './exit-codes';
import { EXIT } from './exit-codes';
import { processTerminal } from './output/terminal';
import type { Surroundings } from './run-command';

/** Runs one command line. Never throws: usage errors are 2, everything else follows from the command. */
export async function runProgram(
  argumentList: readonly string[],
  surroundings: Surroundings = { terminal: processTerminal() },
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.fine;
  const program = buildProgram(surroundings, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argumentList, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
}

function buildProgram(surroundings: Surroundings, onExit: (code: ExitCode) => void): CommanderCommand {
  const { terminal } = surroundings;
  const program = new Program('harvest')
    .description('Signal Harvester: artifact and score events in, exact and fresh answers out.')
    .option('--json', 'one JSON document instead of text')
    .showHelpAfterError('(--help says more)')
    .helpCommand(false)
    .addHelpText('after', ENVIRONMENT);
  const output = { writeOut: (text: string) => terminal.write(text), writeErr: (text: string) => terminal.writeError(text) };
  program.exitOverride().configureOutput(output);
  defineCommands(program, (load) => async (...given: unknown[]) => {
    const self = given.at(-1) as CommanderCommand;
    const [command, { runCommand }] = await Promise.all([load(), import('./run-command')]);
    onExit(await runCommand(command, { arguments: self.args, options: self.optsWithGlobals() }, surroundings));
  });
  return program;
}

const ENVIRONMENT = `
Services: DATABASE_URL, KAFKA_BROKERS and TOPIC_PREFIX when set, else the standalone process that runs on HARVEST_DATA_DIR (.harvest).
Exit codes: 0 fine, 1 the check or the work failed, 2 usage, 3 a service is unreachable. docs/cli.md has examples.`;
