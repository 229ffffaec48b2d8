import { enableCompileCache } from 'node:module';

// Compiled code is kept between runs: about a third of the time to the first line of --help.
enableCompileCache();

async function main(): Promise<void> {
  const { runProgram } = await import('./program');
  process.exitCode = await runProgram(process.argv.slice(2));
}

void main();
