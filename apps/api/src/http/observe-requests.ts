import type { HarvestMetrics, Logger } from '@harvest/observability';
import type { FastifyInstance } from 'fastify';

/** Counts, times and (at `debug`) logs every request, under its route and never under its address. */
export function observeRequests(instance: FastifyInstance, { metrics, logger }: { metrics: HarvestMetrics; logger: Logger }): void {
  instance.addHook('onRequest', (_request, _reply, done) => {
    metrics.httpInProgress.inc();
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const { method, id } = request;
    const route = request.routeOptions.url ?? 'none';
    const status = reply.statusCode;
    const durationMs = reply.elapsedTime;
    metrics.httpInProgress.dec();
    metrics.httpRequestsTotal.inc({ method, route, status });
    metrics.httpRequestSeconds.observe({ method, route }, durationMs / 1000);
    logger.debug({ requestId: id, method, route, status, durationMs }, 'answered');
    done();
  });
}
