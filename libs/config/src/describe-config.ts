import type { Config } from './config';

/** The configuration as it may be logged: addresses without credentials, secrets as `set` or `not set`. */
export function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  return {
    ...config,
    databaseUrl: redactUrl(config.databaseUrl),
    redisUrl: redactUrl(config.redisUrl),
    cursorSecret: config.cursorSecret === null ? 'not set' : 'set',
  };
}

/** Keeps host, port and path; user, password and query (which may hold a password too) go. */
export function redactUrl(value: string | null): string | null {
  if (value === null) return null;
  const url = URL.parse(value);
  if (url === null) return '[not a URL]';
  return `${url.protocol}//${url.host}${url.pathname}`;
}
