// Chromium for tests of pages: the system's own, no download by the test library.
import { installPackages } from './install.mjs';
import { findProgram, ServiceError } from './processes.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const chromium = {
  name: 'chromium',
  packages: ['chromium'],
  waysOut: 'Chromium is not here: install it (on Debian: apt-get install chromium), or put it on the PATH',
};

/** The program's path. Throws, saying what helps, where it can neither be found nor installed. */
export function findBrowser() {
  return find() ?? install();
}

function find() {
  return NAMES.map((name) => findProgram(name)).find(Boolean) ?? null;
}

function install() {
  installPackages(chromium);
  const found = find();
  if (!found) throw new ServiceError(`chromium was installed, but is still not found: ${chromium.waysOut}`);
  return found;
}
