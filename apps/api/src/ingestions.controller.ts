import { Inject, Injectable } from '@nestjs/common';
import { ROUTES } from '@harvest/contracts';
import { parseIngestionsParameters, parseRequirementsOnly } from '@harvest/queries';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerDesk } from './answers/answer-desk';
import type { CachedQuestion } from './answers/answer-desk';
import { API_PORTS } from './api.ports';
import type { ApiPorts } from './api.ports';
import { leavingOf, reply200, searchOf, withoutQuery } from './http/handlers';
import type { Handlers, OperationController } from './http/handlers';
import { parsePathId, parseStrictly } from './http/parse-strictly';
import { IngestionStreams } from './streams/ingestion-streams';

type Ids = 'listIngestions' | 'getIngestion' | 'streamIngestion';

@Injectable()
export class IngestionsController implements OperationController<Ids> {
  constructor(
    @Inject(AnswerDesk) private readonly desk: AnswerDesk,
    @Inject(IngestionStreams) private readonly streams: IngestionStreams,
    @Inject(API_PORTS) private readonly ports: Pick<ApiPorts, 'queries'>,
  ) {}

  handlers(): Pick<Handlers, Ids> {
    return {
      listIngestions: (request, reply) => this.list(request, reply),
      getIngestion: (request, reply) => this.get(request, reply),
      streamIngestion: withoutQuery((request, reply) => this.stream(request, reply)),
    };
  }

  private async list(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const asked = parseStrictly(searchOf(request), ROUTES.listIngestions.query, parseIngestionsParameters);
    const { requirements, key, parameters } = asked;
    const question: CachedQuestion = { scope: 'ingestions', key, load: () => this.ports.queries.listIngestions(parameters) };
    const answer = this.desk.peek(question, requirements);
    if (answer !== null) return reply200(request, reply, { answer, verdict: 'hit-l1' });
    reply200(request, reply, await this.desk.answer(question, { requirements, signal: leavingOf(reply) }));
  }

  private async get(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const requirements = parseStrictly(searchOf(request), ROUTES.getIngestion.query, parseRequirementsOnly);
    const id = parsePathId(request.params);
    const wish = { requirements, signal: leavingOf(reply) };
    reply200(request, reply, await this.desk.answerFresh(wish, () => this.ports.queries.getIngestion(id)));
  }

  private async stream(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const id = parsePathId(request.params);
    const lastEventId = request.headers['last-event-id'];
    const open = await this.streams.prepare(id);
    reply.hijack();
    open({ response: reply.raw, requestId: request.id, lastEventId: typeof lastEventId === 'string' ? lastEventId : null });
  }
}
