import { enableCompileCache } from 'node:module';

// Compiled code is kept between runs: about a third of the time to the first line of --help.
enableCompileCache();

/** Whoever reads the output may have enough of it (`| head`): that is no failure. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

async function main(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endWithReader);
  const { runProgram } = await import('./program');
  process.exitCode = await runProgram(process.argv.slice(2));
}

void main();
