import pino from 'pino';
import type { Logger } from './logger';

export interface LoggerOptions {
  /** The process: `api`, `projector`, `standalone`. */
  readonly name: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Lines for people; `auto`: when the output is a terminal. */
  readonly pretty: boolean | 'auto';
  /** File descriptor, 1 (standard output) unless given; or a stream, for tests. */
  readonly destination?: number | pino.DestinationStream;
}

/** Fields that never reach the output, wherever a caller puts them (two levels deep). */
const SECRET_FIELDS = ['password', 'secret', 'cursorSecret', 'authorization', 'cookie', 'databaseUrl', 'redisUrl', 'connectionString'];
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

/** A JSON line per entry, times in ISO 8601 UTC, errors under `err` with their code. */
export function createLogger(options: LoggerOptions): Logger {
  const settings: pino.LoggerOptions = {
    name: options.name,
    level: options.level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    serializers: { err: describeError, error: describeError },
  };
  return wrap(pino(settings, openDestination(options)));
}

function openDestination(options: LoggerOptions): pino.DestinationStream {
  const target = options.destination ?? 1;
  if (typeof target !== 'number') return target;
  const isTerminal = target === 2 ? process.stderr.isTTY : process.stdout.isTTY;
  const pretty = options.pretty === 'auto' ? isTerminal : options.pretty;
  return pretty ? openPretty(target) : pino.destination({ dest: target, sync: true });
}

/** Loaded only when wanted: it costs 15 ms of every start. */
function openPretty(target: number): pino.DestinationStream {
  const pretty = require('pino-pretty') as (options: object) => pino.DestinationStream;
  return pretty({ destination: target, sync: true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname,name' });
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack, name } = error;
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  const code = 'code' in error ? { code: error.code } : {};
  const context = 'context' in error ? { context: error.context } : {};
  return { type: name, ...code, message, ...context, stack, ...cause };
}

function wrap(inner: pino.Logger): Logger {
  return {
    debug: (fields, message) => inner.debug(fields, message),
    info: (fields, message) => inner.info(fields, message),
    warn: (fields, message) => inner.warn(fields, message),
    error: (fields, message) => inner.error(fields, message),
    child: (fields) => wrap(inner.child(fields)),
  };
}
