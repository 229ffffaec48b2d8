// The command line of test/services; see README.md beside this file.
import { findBrowser } from './browser.mjs';
import { addresses, bringUp, change, describe, takeDown } from './commands.mjs';
import { ServiceError } from './processes.mjs';

const USAGE = `usage: test/services/services <command> [--name SET]

  up [SERVICE…]          bring up private postgres, redis, kafka (a no-op when they run); postgres-embedded on demand
  down                   stop them and remove their data
  status                 what runs where
  env                    lines for eval: export DATABASE_URL=… REDIS_URL=… KAFKA_BROKERS=…
  browser                where Chromium is, for tests of pages; as root on Debian it is installed if need be
  restart|stop|start|kill|freeze|thaw SERVICE…     postgres, redis, kafka

  --name SET             another, independent set (default: HARVEST_SERVICES, else 'default')
  --owner PID            with up: when that process has ended, the next up of any set takes this one down`;

const CHANGES = ['restart', 'stop', 'start', 'kill', 'freeze', 'thaw'];

function parse(argv) {
  const options = { name: process.env.HARVEST_SERVICES || 'default', owner: undefined, words: [] };
  for (let index = 0; index < argv.length; index += 1) {
    if (argv[index] === '--name') options.name = argv[(index += 1)] ?? '';
    else if (argv[index] === '--owner') options.owner = Number(argv[(index += 1)]);
    else options.words.push(argv[index]);
  }
  return options;
}

function printStatus(name) {
  for (const { service, state, origin, version, address } of describe(name)) {
    console.log([service.padEnd(17), state.padEnd(8), origin.padEnd(12), version.padEnd(8), address].join(' ').trimEnd());
  }
}

function printEnvironment(name) {
  for (const [variable, value] of Object.entries(addresses(name))) {
    console.log(`export ${variable}='${value.replaceAll("'", String.raw`'\''`)}'`);
  }
}

async function bringUpAndShow({ name, owner, services }) {
  await bringUp(name, { owner, services });
  printStatus(name);
}

function printUsage({ command }) {
  console.error(USAGE);
  process.exitCode = command === undefined || command === '--help' ? 0 : 2;
}

const COMMANDS = {
  up: bringUpAndShow,
  down: ({ name }) => takeDown(name),
  status: ({ name }) => printStatus(name),
  env: ({ name }) => printEnvironment(name),
  browser: () => console.log(findBrowser()),
};

async function changeEach({ name, command, services }) {
  for (const service of services) await change(name, command, service);
}

async function main({ name, owner, words: [command, ...services] }) {
  const isChange = CHANGES.includes(command) && services.length > 0;
  const execute = isChange ? changeEach : (COMMANDS[command] ?? printUsage);
  await execute({ name, owner, command, services });
}

main(parse(process.argv.slice(2))).catch((error) => {
  console.error(error instanceof ServiceError ? `services: ${error.message}` : error);
  process.exitCode = 1;
});
