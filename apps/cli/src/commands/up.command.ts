import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HarvestError } from '@harvest/kernel';
import type { CommandContext, CommandResult } from '../command';

/** Beside this file in the built product. */
const STANDALONE = join(__dirname, '..', '..', '..', 'standalone', 'src', 'main.js');

/** Becomes the standalone process: signals and its exit code are its own. */
export function startStandalone({ options }: CommandContext): Promise<CommandResult> {
  if (!existsSync(STANDALONE)) throw new HarvestError({ code: 'not-built', message: 'the product is not built: run `npm run build`' });
  const flags = [
    ...(options['empty'] === true ? ['--empty'] : []),
    ...(options['seed'] === undefined ? [] : ['--seed', String(options['seed'])]),
    ...(options['artifacts'] === undefined ? [] : ['--artifacts', String(options['artifacts'])]),
  ];
  // oxlint-disable-next-line node/no-process-env -- handed on as it is
  process.execve?.(process.execPath, [process.execPath, '--enable-source-maps', STANDALONE, ...flags], process.env);
  throw new HarvestError({ code: 'up-unsupported', message: 'this platform cannot replace a process: use `npm start`' });
}
