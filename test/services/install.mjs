// The last way to a service before giving up: the system's own packages, only as root on Debian and its kin.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { findProgram, run, ServiceError, succeeds } from './processes.mjs';

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs what the driver needs, without letting the packages start a service of their own. Throws when it cannot. */
export function installPackages(driver) {
  if (driver.packages.length === 0 || process.getuid?.() !== 0 || !findProgram('apt-get')) throw new ServiceError(waysOut(driver));
  process.stderr.write(`services: installing ${driver.packages.join(', ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    run('apt-get', ['update', '-qq'], { env, timeoutMs: 180_000 });
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...driver.packages.map(available)], { env, timeoutMs: 600_000 });
  } catch (error) {
    throw new ServiceError(`${error.message}\n${waysOut(driver)}`);
  } finally {
    if (ownPolicy) rmSync(POLICY, { force: true });
  }
}

/** Another release names another version: `postgresql-15` → `postgresql`, `openjdk-17-jre-headless` → `default-jre-headless`. */
function available(name) {
  if (succeeds('apt-cache', ['show', '--quiet=0', name])) return name;
  return name.startsWith('openjdk') ? 'default-jre-headless' : name.replace(/-\d+$/, '');
}

/** A driver whose program is no service says itself what helps. */
function waysOut(driver) {
  return driver.waysOut ?? threeWaysOut(driver);
}

export function threeWaysOut(driver) {
  return [
    `${driver.name} is not here. Any one of these helps:`,
    `  1. point ${driver.variable} at one that runs already`,
    '  2. start a Docker engine: docker-compose.yml of this repository is then used',
    `  3. install ${driver.needs}; on Debian: apt-get install ${driver.packages.join(' ')}`,
  ].join('\n');
}
