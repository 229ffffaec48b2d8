import { systemClock } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import { EmbeddedPostgres } from './postgres/embedded-postgres';
import { findPostgresBinaries } from './postgres/postgres-binaries';
import { settlePostgresHome } from './postgres/postgres-home';
import { findServerAccount } from './postgres/server-account';

/** The embedded server of a data directory; says so when its data had to go elsewhere. */
export function makeEmbeddedPostgres(dataDir: string, logger: Logger, say: (line: string) => void): EmbeddedPostgres {
  const home = settlePostgresHome(dataDir, findPostgresBinaries(), findServerAccount());
  if (home.notice !== null) say(home.notice);
  return new EmbeddedPostgres(home, systemClock, logger);
}
