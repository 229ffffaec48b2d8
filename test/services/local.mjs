// Services from the machine's own binaries.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess, freePorts, processIn, signalProcess, sleep, startDetached, waitUntil } from './processes.mjs';

const PORT_ATTEMPTS = 3;

function placeOf(workspace, driver, settings) {
  return { folder: workspace.folder(driver.name), ports: settings.ports, found: settings.found };
}

/** Starts the process and waits until it serves. */
async function launch(place, driver) {
  const logFile = join(place.folder, 'log');
  await startDetached(place.folder, driver.command(place));
  await waitUntil(() => driver.isReady(place), {
    what: `${driver.name} on port ${place.ports[0]}`,
    timeoutMs: driver.readyTimeoutMs,
    logFile,
    gaveUp: () => existsSync(join(place.folder, 'pid')) && processIn(place.folder) === null,
  });
}

/** From nothing. Another process may take a port in between: then again with others. */
export async function createLocally(workspace, driver, found) {
  for (let attempt = 1; ; attempt += 1) {
    workspace.forget(driver.name);
    const settings = { origin: 'local', ports: await freePorts(driver.portCount), found, version: found.version };
    const place = placeOf(workspace, driver, settings);
    try {
      driver.prepare(place);
      await launch(place, driver);
      // Written last: a folder without settings is a start that was cut short, and is wiped by the next `up`.
      workspace.writeSettings(driver.name, { ...settings, address: driver.address(settings.ports) });
      return;
    } catch (error) {
      await stopProcess(place.folder, 'SIGKILL');
      if (attempt === PORT_ATTEMPTS || !/address.* in use/i.test(error.message)) throw error;
    }
  }
}

/** With its data and on its port, as after `stop` or `kill`. */
export async function startLocally(workspace, driver) {
  const settings = workspace.readSettings(driver.name);
  const place = placeOf(workspace, driver, settings);
  if (processIn(place.folder)) return;
  const until = Date.now() + driver.readyTimeoutMs;
  for (;;) {
    try {
      return await launch(place, driver);
    } catch (error) {
      // A killed postmaster's backends hold its shared memory for an instant; starting beside them would ruin the cluster.
      if (!driver.mayRetryStart?.(error.message, place) || Date.now() > until) throw error;
      await sleep(100);
    }
  }
}

export async function stopProcess(folder, signal) {
  const identity = processIn(folder);
  if (identity) await endProcess(identity, signal);
}

export function signalLocally(workspace, driver, signal) {
  const identity = processIn(workspace.folder(driver.name));
  if (identity) signalProcess(identity, signal);
}

export function runsLocally(workspace, driver) {
  return processIn(workspace.folder(driver.name)) !== null;
}

export async function isReadyLocally(workspace, driver) {
  if (!runsLocally(workspace, driver)) return false;
  return driver.isReady(placeOf(workspace, driver, workspace.readSettings(driver.name)));
}
