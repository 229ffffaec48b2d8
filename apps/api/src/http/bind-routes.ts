import { OPERATION_IDS, ROUTES } from '@harvest/contracts';
import type { OperationId, RouteSpec } from '@harvest/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createErrorHandler } from './error-answers';
import type { Handler, Handlers } from './handlers';
import { observeRequests } from './observe-requests';
import type { Reporting } from './observe-requests';
import { ProblemError } from './problem-error';

/** Binds every operation of the route table on Nest's Fastify instance, and what answers everything else. */
export function bindRoutes(instance: FastifyInstance, handlers: Handlers, reporting: Reporting): void {
  const { logger, metrics } = reporting;
  instance.setErrorHandler(createErrorHandler(logger));
  instance.setNotFoundHandler((request) => {
    throw whatIsWrong(request);
  });
  // Before a body is looked at: an unknown address is 404, whatever is sent to it.
  instance.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404) return done();
    metrics.httpRequestsTotal.inc({ method: request.method, route: 'none', status: 404 });
    done(whatIsWrong(request));
  });
  instance.removeAllContentTypeParsers();
  for (const id of OPERATION_IDS) bindRoute(instance, id, { handler: handlers[id], reporting });
}

const STREAMS: ReadonlySet<OperationId> = new Set(['exportDiscoveries', 'streamIngestion', 'streamStatus']);

function bindRoute(instance: FastifyInstance, id: OperationId, { handler, reporting }: { handler: Handler; reporting: Reporting }): void {
  const route: RouteSpec = ROUTES[id];
  const withHead = route.method === 'GET' && !STREAMS.has(id);
  const mediaTypes = Object.keys(route.body?.mediaTypes ?? {});
  instance.register((scope, _options, done) => {
    for (const mediaType of mediaTypes)
      scope.addContentTypeParser(mediaType, { parseAs: 'buffer' }, (_request, body, ready) => ready(null, body));
    observeRequests(scope, route.path, reporting);
    if (route.body !== undefined) scope.addHook('onRequest', refuseForeignBody);
    scope.route({
      method: withHead ? ['GET', 'HEAD'] : route.method,
      url: toFastifyPath(route.path),
      handler,
      ...(route.body === undefined ? {} : { bodyLimit: route.body.maxBytes }),
    });
    done();
  });
}

function toFastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

/** Content codings would be decoded before any bound, and other charsets would be read as UTF-8. */
function refuseForeignBody(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  const coding = request.headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity') {
    return done(new ProblemError('encoding-unsupported', `send the body as it is, not in ${coding.slice(0, 40)}`));
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    return done(new ProblemError('media-type-unsupported', `send the body in UTF-8, not in ${charset.slice(0, 40)}`));
  }
  done();
}

const PATTERNS = OPERATION_IDS.map((id) => {
  const route: RouteSpec = ROUTES[id];
  const methods = route.method === 'GET' && !STREAMS.has(id) ? ['GET', 'HEAD'] : [route.method];
  return { pattern: new RegExp(`^${route.path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`), methods };
});

/** No route matched: is the address unknown, or only the method? */
function whatIsWrong(request: FastifyRequest): ProblemError {
  const path = request.url.split('?', 1)[0] ?? '';
  const allowed = new Set(PATTERNS.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods));
  if (allowed.size === 0) return new ProblemError('route-unknown', 'the operations are listed at /openapi.json and shown at /docs');
  const allow = [...allowed].join(', ');
  return new ProblemError('method-not-allowed', `this address takes ${allow}`, { headers: { allow } });
}
