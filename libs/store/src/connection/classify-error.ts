import { HarvestError, isHarvestError } from '@harvest/kernel';

/** What pg throws: a server's message with its SQLSTATE, or a socket's error. */
interface PgError extends Error {
  readonly code?: string;
  readonly detail?: string;
  readonly table?: string;
  readonly constraint?: string;
}

interface Kind {
  readonly code: string;
  readonly retriable: boolean;
  readonly advice: string;
}

const UNREACHABLE: Kind = {
  code: 'store-unreachable',
  retriable: true,
  advice: 'Postgres cannot be reached; check DATABASE_URL and the server',
};
const TIMEOUT: Kind = { code: 'store-timeout', retriable: true, advice: 'Postgres did not answer in time' };
const DEADLOCK: Kind = { code: 'store-deadlock', retriable: true, advice: 'two transactions stood in each other’s way' };
const FULL: Kind = { code: 'store-full', retriable: true, advice: 'Postgres has no room left: free disk space, memory or connections' };
const DATA: Kind = { code: 'store-data-error', retriable: false, advice: 'a value can never be stored' };
const CORRUPT: Kind = { code: 'store-corrupt', retriable: false, advice: 'Postgres refused a statement that it must accept' };
const NOT_MIGRATED: Kind = {
  code: 'database-not-migrated',
  retriable: false,
  advice: 'the database lacks tables of this version: run `harvest db migrate`',
};
const READ_ONLY: Kind = {
  code: 'store-unreachable',
  retriable: true,
  advice: 'Postgres is a read-only standby; point DATABASE_URL to the primary',
};

const BY_STATE: Readonly<Record<string, Kind>> = {
  '40001': DEADLOCK,
  '40P01': DEADLOCK,
  '55P03': TIMEOUT,
  '57014': TIMEOUT,
  '25P03': TIMEOUT,
  '25006': READ_ONLY,
  '54000': DATA,
  '42P01': NOT_MIGRATED,
  '3F000': NOT_MIGRATED,
  '3D000': { ...UNREACHABLE, retriable: false, advice: 'the database named by DATABASE_URL does not exist' },
  '28P01': { ...UNREACHABLE, retriable: false, advice: 'Postgres refused the credentials of DATABASE_URL' },
  '28000': { ...UNREACHABLE, retriable: false, advice: 'Postgres refused the credentials of DATABASE_URL' },
};
const BY_CLASS: Readonly<Record<string, Kind>> = { '08': UNREACHABLE, '57': UNREACHABLE, '53': FULL, '58': FULL, '22': DATA, '23': DATA };

const SQLSTATE = /^[0-9A-Z]{5}$/;
const SOCKET_TROUBLE =
  /terminated|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|not queryable|timeout expired|Connection ended|Client was closed|socket/i;

/** Total: whatever a statement, a connection or a pool failed with becomes one coded error. Coded errors pass unchanged. */
export function classifyError(error: unknown, doing: string): HarvestError {
  if (isHarvestError(error)) return error;
  const cause = (error ?? new Error('no reason given')) as PgError;
  const kind = kindOf(cause);
  return new HarvestError({
    code: kind.code,
    retriable: kind.retriable,
    message: `${doing}: ${kind.advice} (${describe(cause)})`,
    cause: error,
    context: { sqlState: cause.code, table: cause.table, constraint: cause.constraint },
  });
}

function kindOf(error: PgError): Kind {
  const state = error.code ?? '';
  if (SQLSTATE.test(state) && !state.startsWith('E')) return BY_STATE[state] ?? BY_CLASS[state.slice(0, 2)] ?? CORRUPT;
  if (error.message === 'Query read timeout') return TIMEOUT;
  return SOCKET_TROUBLE.test(`${state} ${error.message}`) ? UNREACHABLE : CORRUPT;
}

/** The server's sentence without the values it may quote. */
function describe(error: PgError): string {
  const message = (error.message || 'no message').replace(/"[^"]{80,}"/g, '"…"');
  return error.code ? `${error.code} ${message}` : message;
}
