// One jest run: a suite of test/runner/stages.mjs, with the services it needs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './child.mjs';
import { DEADLINE_FACTOR } from './stages.mjs';

function counts(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const assertions = report.testResults.flatMap((suite) => suite.assertionResults);
  const skipped = assertions
    .filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
    .map(({ fullName }) => fullName);
  return {
    passed: report.numPassedTests,
    // A file that could not even be loaded counts as one failure.
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped,
  };
}

function jestCommand(suite, { report, extra }) {
  const flags = [`--maxWorkers=${suite.workers}`, '--json', `--outputFile=${report}`];
  const only = extra.length > 0 ? extra : (suite.only ?? []);
  return ['node', '--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js', ...flags, ...only];
}

/** @returns {Promise<{ok: boolean, output: string, seconds: number, passed: number, failed: number, skipped: string[]}>} */
export async function runSuite(suite, { env = {}, output = 'keep', extra = [], deadlineFactor = DEADLINE_FACTOR }) {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-report-'));
  const report = join(folder, 'report.json');
  try {
    const command = jestCommand(suite, { report, extra });
    const deadlineSeconds = suite.budget * deadlineFactor;
    const result = await runCommand(command, { env: { ...env, TEST_STAGE: suite.stage, NODE_ENV: 'test' }, output, deadlineSeconds });
    return { ...result, ...readCounts(report, result) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readCounts(report, result) {
  try {
    const found = counts(report);
    // Jest itself failed though every test passed: open handles, a worker that died, a coverage limit.
    return { ...found, failed: found.failed + (!result.ok && found.failed === 0 ? 1 : 0) };
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}
