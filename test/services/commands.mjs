// What the command line and the test runner do with one set of services.
import { kafka } from './kafka.mjs';
import { embeddedPostgres, postgres } from './postgres.mjs';
import { redis } from './redis.mjs';
import { changeInDocker, dockerAnswers, removeFromDocker, runsInDocker, startInDocker } from './docker.mjs';
import { installPackages } from './install.mjs';
import { createLocally, isReadyLocally, runsLocally, signalLocally, startLocally, stopProcess } from './local.mjs';
import { ServiceError } from './processes.mjs';
import { Workspace } from './workspace.mjs';

const USUAL = [postgres, redis, kafka];
const DRIVERS = [...USUAL, embeddedPostgres];

function driverOf(name) {
  const driver = DRIVERS.find((candidate) => candidate.name === name);
  if (!driver) throw new ServiceError(`no service '${name}': ${DRIVERS.map((candidate) => candidate.name).join(', ')}`);
  return driver;
}

/** Brings up what is not up yet. `owner`: a process id; when that process ends, the next `up` of any set takes this one down. */
export async function bringUp(name, { owner, services = [] } = {}) {
  const wanted = services.length > 0 ? services.map(driverOf) : USUAL;
  await removeAbandoned();
  const workspace = new Workspace(name);
  await workspace.locked(async () => {
    workspace.create();
    if (owner) workspace.setOwner(owner);
    const missing = [];
    for (const driver of wanted) if (!(await isUp(workspace, driver))) missing.push(driver);
    await startMissing(workspace, missing);
  });
}

async function isUp(workspace, driver) {
  const given = process.env[driver.variable];
  const settings = workspace.readSettings(driver.name);
  // Our own address, from `eval "$(services env)"`, is not somebody else's service.
  if (given && given !== settings?.address) {
    await stopProcess(workspace.folder(driver.name), driver.discardSignal);
    workspace.writeSettings(driver.name, { origin: 'environment', address: given, version: '' });
    return true;
  }
  const answers = {
    environment: () => given === settings.address,
    docker: () => runsInDocker(workspace, driver),
    local: () => isReadyLocally(workspace, driver),
  };
  return settings ? answers[settings.origin]() : false;
}

async function startMissing(workspace, missing) {
  const isNew = (driver) => workspace.readSettings(driver.name) === null;
  for (const driver of missing.filter(isNew)) await stopProcess(workspace.folder(driver.name), 'SIGKILL');
  const isLocal = (driver) => workspace.readSettings(driver.name)?.origin === 'local' || !USUAL.includes(driver);
  const elsewhere = missing.filter((driver) => !isLocal(driver));
  const useDocker = elsewhere.length > 0 && dockerAnswers();
  if (useDocker) await startInDocker(workspace, elsewhere);
  const here = useDocker ? missing.filter(isLocal) : missing;
  // Before any is started: an installation or a download takes minutes, and this process does nothing else meanwhile.
  const programs = new Map(here.filter(isNew).map((driver) => [driver, findOrInstall(driver)]));
  // All at once; wait for every one, so that none is left half-way when another fails.
  const outcomes = await Promise.allSettled(here.map((driver) => start(workspace, driver, programs.get(driver))));
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason);
  if (failed.length > 0) throw new ServiceError(failed.map((error) => error.message).join('\n\n'), { cause: failed[0] });
}

/** Without `found` it is a local one that was killed or hangs, and is started again with its data. */
async function start(workspace, driver, found) {
  if (found) return createLocally(workspace, driver, found);
  await stopProcess(workspace.folder(driver.name), 'SIGKILL');
  await startLocally(workspace, driver);
}

function findOrInstall(driver) {
  let found = driver.find();
  if (!found) {
    installPackages(driver);
    found = driver.find();
    if (!found) throw new ServiceError(`${driver.packages.join(', ')} installed, but still not found: ${driver.needs}`);
  }
  driver.fetch?.();
  return found;
}

/** Stops everything of the set and removes its folder. Idempotent. */
export async function takeDown(name) {
  const workspace = new Workspace(name);
  if (!workspace.exists()) return;
  await workspace.locked(async () => {
    const inDocker = DRIVERS.some((driver) => workspace.readSettings(driver.name)?.origin === 'docker');
    await Promise.all(DRIVERS.map((driver) => stopProcess(workspace.folder(driver.name), driver.discardSignal)));
    if (inDocker) removeFromDocker(workspace);
    workspace.remove();
  });
}

async function removeAbandoned() {
  const abandoned = Workspace.names().filter((name) => new Workspace(name).isAbandoned());
  for (const name of abandoned) await takeDown(name);
}

/** The address variables of what is up, and `HARVEST_SERVICES`, the set's name. */
export function addresses(name) {
  const workspace = new Workspace(name);
  const known = DRIVERS.map((driver) => [driver.variable, workspace.readSettings(driver.name)?.address]).filter(([, address]) => address);
  if (known.length === 0) throw new ServiceError('nothing is up: test/services/services up');
  return Object.fromEntries([...known, ['HARVEST_SERVICES', name]]);
}

export function describe(name) {
  const workspace = new Workspace(name);
  return DRIVERS.map((driver) => {
    const settings = workspace.readSettings(driver.name);
    if (!settings) return { service: driver.name, state: 'down', address: '', origin: '', version: '' };
    return { service: driver.name, state: stateOf(workspace, driver, settings), ...settings };
  });
}

function stateOf(workspace, driver, settings) {
  if (settings.origin === 'environment') return 'given';
  const runs = settings.origin === 'docker' ? runsInDocker(workspace, driver) : runsLocally(workspace, driver);
  return runs ? 'up' : 'stopped';
}

const LOCAL_CHANGES = {
  stop: (workspace, driver) => stopProcess(workspace.folder(driver.name), driver.stopSignal),
  start: startLocally,
  kill: (workspace, driver) => stopProcess(workspace.folder(driver.name), 'SIGKILL'),
  freeze: (workspace, driver) => signalLocally(workspace, driver, 'SIGSTOP'),
  thaw: (workspace, driver) => signalLocally(workspace, driver, 'SIGCONT'),
};

/** stop | start | restart | kill | freeze | thaw, one service; its data stay (Redis keeps none). */
export async function change(name, verb, service) {
  const driver = driverOf(service);
  const workspace = new Workspace(name);
  const settings = workspace.readSettings(service);
  if (!settings) throw new ServiceError(`${service} is not up: test/services/services up`);
  if (settings.origin === 'environment') throw new ServiceError(`${service} was given by ${driver.variable}: it is not ours to ${verb}`);
  const apply = async (step) => {
    if (settings.origin === 'docker') changeInDocker(workspace, step, driver);
    else await LOCAL_CHANGES[step](workspace, driver);
  };
  await workspace.locked(async () => {
    for (const step of verb === 'restart' ? ['stop', 'start'] : [verb]) await apply(step);
  });
}
