import type { Server } from 'node:http';
import { withDeadline } from '@harvest/kernel';
import type { HealthRegistry, Logger } from '@harvest/observability';
import type { FastifyInstance } from 'fastify';

export const DRAIN_TIMEOUT_MS = 5000;

interface Closable {
  close(): Promise<void>;
  getHttpServer(): unknown;
}

/** Leaves in order: not ready, streams told, answers finished, and no keep-alive connection holds the process. */
export class Drain {
  private closing: Promise<void> | null = null;

  constructor(
    private readonly health: HealthRegistry,
    private readonly logger: Logger,
  ) {}

  /** While draining, every answer asks its connection to close. */
  watch(instance: FastifyInstance): void {
    instance.addHook('onRequest', (_request, reply, done) => {
      if (this.closing !== null) void reply.header('connection', 'close');
      done();
    });
  }

  /** @param endStreams ends what would never end by itself. */
  close(app: Closable, endStreams: () => Promise<void>): Promise<void> {
    this.closing ??= this.leave(app, endStreams);
    return this.closing;
  }

  private async leave(app: Closable, endStreams: () => Promise<void>): Promise<void> {
    this.health.startDraining();
    const server = app.getHttpServer() as Server;
    try {
      await withDeadline(Promise.all([endStreams(), app.close()]), DRAIN_TIMEOUT_MS, 'answering the requests in flight');
    } catch (error) {
      this.logger.warn({ err: error }, 'connections are cut');
      server.closeAllConnections();
    }
  }
}
