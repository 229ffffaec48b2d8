import { Inject, Injectable } from '@nestjs/common';
import { ROUTES } from '@harvest/contracts';
import { parseRequirementsOnly } from '@harvest/queries';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerDesk } from './answers/answer-desk';
import { statusQuestion } from './answers/status-question';
import { API_PORTS } from './api.ports';
import type { ApiPorts } from './api.ports';
import { leavingOf, reply200, searchOf, withoutQuery } from './http/handlers';
import type { Handlers, OperationController } from './http/handlers';
import { parseStrictly } from './http/parse-strictly';
import { StatusStreams } from './streams/status-streams';

type Ids = 'getStatus' | 'streamStatus';

/** What is inside, and how far behind the log it stands: once, or as it changes. */
@Injectable()
export class StatusController implements OperationController<Ids> {
  constructor(
    @Inject(AnswerDesk) private readonly desk: AnswerDesk,
    @Inject(StatusStreams) private readonly streams: StatusStreams,
    @Inject(API_PORTS) private readonly ports: Pick<ApiPorts, 'queries'>,
  ) {}

  handlers(): Pick<Handlers, Ids> {
    return {
      getStatus: (request, reply) => this.get(request, reply),
      streamStatus: withoutQuery((request, reply) => this.stream(request, reply)),
    };
  }

  private async get(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const requirements = parseStrictly(searchOf(request), ROUTES.getStatus.query, parseRequirementsOnly);
    const question = statusQuestion(this.ports.queries, Date.now());
    reply200(request, reply, await this.desk.answer(question, { requirements, signal: leavingOf(reply) }));
  }

  private async stream(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const lastEventId = request.headers['last-event-id'];
    const open = await this.streams.prepare();
    reply.hijack();
    open({ response: reply.raw, requestId: request.id, lastEventId: typeof lastEventId === 'string' ? lastEventId : null });
  }
}
