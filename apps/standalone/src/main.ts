import { enableCompileCache } from 'node:module';

// Before anything else is loaded: compiled code is kept between starts.
enableCompileCache();

// eslint-disable-next-line typescript/no-require-imports -- loaded after the cache is on
const { runStandalone } = require('./run-standalone') as typeof import('./run-standalone');
void runStandalone(process.argv.slice(2));
