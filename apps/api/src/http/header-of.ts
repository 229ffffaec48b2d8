import type { IncomingMessage } from 'node:http';

/** node:http makes all headers into an object when one is asked for: dearer than to see that this one has not come. */
export function headerOf(request: IncomingMessage, name: 'if-none-match' | 'x-request-id'): string | undefined {
  const { rawHeaders } = request;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] as string;
    if (given.length === name.length && given.toLowerCase() === name) return request.headers[name] as string;
  }
  return undefined;
}
