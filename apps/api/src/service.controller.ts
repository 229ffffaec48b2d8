import { Inject, Injectable } from '@nestjs/common';
import { createOpenApiDocument, OPERATION_IDS, ROUTES } from '@harvest/contracts';
import { HealthReporter } from '@harvest/observability';
import type { HealthKind, HealthReport } from '@harvest/observability';
import type { FastifyReply } from 'fastify';
import { withoutQuery } from './http/handlers';
import { loadLandingPage, sendLandingPage, wantsPage } from './landing/landing-page';
import type { Handler, OperationController } from './http/handlers';

type Ids = 'getIndex' | 'getOpenApi' | 'getHealth' | 'getLiveness' | 'getReadiness' | 'getStartup' | 'getPerformance';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What the process says of itself. */
@Injectable()
export class ServiceController implements OperationController<Ids> {
  private readonly index = JSON.stringify({
    name: 'Signal Harvester',
    documentation: '/docs',
    openapi: '/openapi.json',
    operations: OPERATION_IDS.map((id) => `${ROUTES[id].method} ${ROUTES[id].path}`),
  });
  private readonly page = loadLandingPage();
  private readonly openApi = JSON.stringify(createOpenApiDocument());

  constructor(@Inject(HealthReporter) private readonly reporter: HealthReporter) {}

  handlers() {
    return {
      getIndex: withoutQuery((request, reply) => {
        void reply.header('vary', 'accept');
        if (wantsPage(request)) sendLandingPage(reply, this.page);
        else sendText(reply, this.index);
      }),
      getOpenApi: withoutQuery((_request, reply) => sendText(reply, this.openApi)),
      getHealth: this.health('all'),
      getLiveness: this.health('live'),
      getReadiness: this.health('ready'),
      getStartup: this.health('startup'),
      getPerformance: answerBy(() => this.reporter.performance()),
    };
  }

  private health(kind: HealthKind): Handler {
    return answerBy(() => this.reporter.report(kind));
  }
}

function answerBy(report: () => Promise<HealthReport>): Handler {
  return async (_request, reply) => {
    const { statusCode, body } = await report();
    await reply.code(statusCode).header('cache-control', 'no-store').header('content-type', JSON_TYPE).send(JSON.stringify(body));
  };
}

function sendText(reply: FastifyReply, text: string): void {
  void reply.header('cache-control', 'public, max-age=60').header('content-type', JSON_TYPE).send(text);
}
