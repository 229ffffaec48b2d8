// The repository's own docker-compose.yml on a Docker engine that answers, under a project name and ports of this set.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { freePorts, run, succeeds } from './processes.mjs';
import { REPOSITORY } from './workspace.mjs';

const PORT_VARIABLES = { postgres: 'POSTGRES_PORT', redis: 'REDIS_PORT', kafka: 'KAFKA_PORT' };
const INNER_ADDRESS = {
  postgres: (port) => `postgres://harvest:password@127.0.0.1:${port}/harvest`,
  redis: (port) => `redis://127.0.0.1:${port}`,
  kafka: (port) => `127.0.0.1:${port}`,
};

export function dockerAnswers() {
  return (
    succeeds('docker', ['compose', 'version']) && succeeds('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5000 })
  );
}

function projectName(workspace) {
  return `harvest-${createHash('sha256').update(workspace.home).digest('hex').slice(0, 8)}-${workspace.name}`;
}

function compose(workspace, ports, args) {
  const settings = Object.entries(ports).map(([service, port]) => [PORT_VARIABLES[service], String(port)]);
  const env = { ...process.env, ...Object.fromEntries(settings) };
  return run('docker', ['compose', '-p', projectName(workspace), ...args], { cwd: REPOSITORY, env, timeoutMs: 300_000 });
}

function portsOf(workspace, drivers) {
  return Object.fromEntries(drivers.map(({ name }) => [name, workspace.readSettings(name)?.ports?.[0]]).filter(([, port]) => port));
}

/** Brings up those that are not up; compose itself waits for their health checks and shows what fails. */
export async function startInDocker(workspace, drivers) {
  const known = portsOf(workspace, drivers);
  const fresh = await freePorts(drivers.length);
  const ports = Object.fromEntries(drivers.map(({ name }, index) => [name, known[name] ?? fresh[index]]));
  for (const { name } of drivers) {
    const port = ports[name];
    workspace.writeSettings(name, { origin: 'docker', ports: [port], address: INNER_ADDRESS[name](port), version: 'docker' });
  }
  try {
    compose(workspace, ports, ['up', '--detach', '--wait', '--wait-timeout', '180', ...drivers.map(({ name }) => name)]);
  } catch (error) {
    const logs = spawnSync('docker', ['compose', '-p', projectName(workspace), 'logs', '--tail', '25'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    error.message += `\n${logs.stdout ?? ''}`;
    throw error;
  }
}

const VERBS = { stop: ['stop'], start: ['up', '--detach', '--wait'], kill: ['kill'], freeze: ['pause'], thaw: ['unpause'] };

export function changeInDocker(workspace, verb, driver) {
  compose(workspace, portsOf(workspace, [driver]), [...VERBS[verb], driver.name]);
}

export function runsInDocker(workspace, driver) {
  return compose(workspace, portsOf(workspace, [driver]), ['ps', '--status', 'running', '-q', driver.name]).trim() !== '';
}

export function removeFromDocker(workspace) {
  compose(workspace, {}, ['down', '--volumes', '--remove-orphans', '--timeout', '5']);
}
