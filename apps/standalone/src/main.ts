import { enableCompileCache } from 'node:module';

// Before anything else is loaded: compiled code is kept between starts.
enableCompileCache();

async function main(): Promise<void> {
  const { runStandalone } = await import('./run-standalone');
  await runStandalone(process.argv.slice(2));
}

void main();
