// npm test: node test/run-tests.mjs [all|unit|int|contract|e2e|integrity|long|gates] [--minutes N] [jest arguments…]
import { endAllChildren, runCommand } from './runner/child.mjs';
import { findLeftovers, killLeftovers, runEnvironment } from './runner/leftovers.mjs';
import { Report } from './runner/report.mjs';
import { DEADLINE_FACTOR, GATES, LONG_ENVIRONMENT, SUITES } from './runner/stages.mjs';
import { runSuite } from './runner/suite.mjs';
import { addresses, bringUp, takeDown } from './services/commands.mjs';

const SET = `test-${process.pid}`;
const report = new Report();

/** Two at a time: most of them keep one core busy. */
async function runGates() {
  const waiting = [...GATES];
  const lane = async () => {
    for (let gate = waiting.shift(); gate; gate = waiting.shift()) await runGate(gate);
  };
  await Promise.all([lane(), lane()]);
}

async function runGate({ name, command, budget }) {
  report.gate(name, { budget, ...(await runCommand(command, { deadlineSeconds: budget * DEADLINE_FACTOR })) });
}

async function runNamedSuite(name, options) {
  const suite = SUITES[name];
  const env = { ...runEnvironment, ...options.env, ...(suite.services.length > 0 ? await serviceEnvironment(name, suite) : {}) };
  report.suite(name, { budget: suite.budget, ...(await runSuite(suite, { ...options, env })) });
}

async function serviceEnvironment(name, suite) {
  const startedMs = Date.now();
  await bringUp(SET, { owner: process.pid, services: suite.services });
  const seconds = (Date.now() - startedMs) / 1000;
  if (seconds > 1) console.log(`  services up in ${seconds.toFixed(1)} s`);
  const { EMBEDDED_DATABASE_URL, ...known } = addresses(SET);
  return name === 'contract' ? { ...known, DATABASE_URL: EMBEDDED_DATABASE_URL } : known;
}

async function runEverything(options) {
  await runGates();
  await runNamedSuite('unit', options);
  for (const name of ['int', 'contract', 'e2e', 'integrity']) await runNamedSuite(name, { ...options, output: 'show' });
}

const long = (options) => runEverything({ ...options, env: { ...LONG_ENVIRONMENT, ...options.env }, deadlineFactor: 60 });

const MODES = { all: runEverything, long, gates: runGates };

function parse([mode = 'all', ...rest]) {
  const options = { env: {}, extra: [], output: 'keep' };
  for (let index = 0; index < rest.length; index += 1) {
    if (rest[index] === '--minutes') options.env.INTEGRITY_MINUTES = rest[(index += 1)];
    else options.extra.push(rest[index]);
  }
  // A run of given minutes lasts as long as it was asked to.
  if (options.env.INTEGRITY_MINUTES) options.deadlineFactor = 3 + Number(options.env.INTEGRITY_MINUTES);
  return { mode, options };
}

function oneSuite(name) {
  if (!(name in SUITES)) {
    console.error(`no stage '${name}': ${[...Object.keys(MODES), ...Object.keys(SUITES)].join(', ')}`);
    process.exit(2);
  }
  return (options) => runNamedSuite(name, { ...options, output: 'show' });
}

async function cleanUp() {
  const left = findLeftovers();
  killLeftovers();
  await takeDown(SET);
  const output = left.map(({ pid, command }) => `left running: ${pid} ${command}`).join('\n');
  report.gate('nothing left', { ok: left.length === 0, seconds: 0, budget: 1, output });
}

async function interrupted() {
  endAllChildren();
  killLeftovers();
  await takeDown(SET);
  process.exit(130);
}

async function main() {
  const { mode, options } = parse(process.argv.slice(2));
  const execute = MODES[mode] ?? oneSuite(mode);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted);
  try {
    await execute(options);
  } catch (error) {
    report.gate('runner', { ok: false, seconds: 0, budget: 0, output: error.stack });
  }
  await cleanUp();
  process.exitCode = report.finish();
}

await main();
