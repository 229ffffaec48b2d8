import type { HarvestMetrics, Logger } from '@harvest/observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface Reporting {
  readonly metrics: HarvestMetrics;
  readonly logger: Logger;
}

/** What nginx calls a request whose client went away before the answer was whole. */
const CLIENT_LEFT = 499;

/** Counts, times and (at `debug`) logs every request of a route, under the route and never under its address. */
export function observeRequests(scope: FastifyInstance, route: string, reporting: Reporting): void {
  const { httpInProgress } = reporting.metrics;
  scope.addHook('onRequest', (request, reply, done) => {
    httpInProgress.inc();
    // `close` comes always, `finish` not when the client has left.
    reply.raw.once('close', () => {
      httpInProgress.dec();
      report(request, reply, { route, reporting });
    });
    done();
  });
}

function report(request: FastifyRequest, reply: FastifyReply, { route, reporting }: { route: string; reporting: Reporting }): void {
  const { method } = request;
  const status = reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_LEFT;
  const durationMs = reply.elapsedTime;
  reporting.metrics.httpRequestsTotal.inc({ method, route, status });
  reporting.metrics.httpRequestSeconds.observe({ method, route }, durationMs / 1000);
  reporting.logger.debug({ requestId: request.id, method, route, status, durationMs }, 'answered');
}
