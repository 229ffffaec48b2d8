import { Inject, Injectable } from '@nestjs/common';
import { ROUTES } from '@harvest/contracts';
import { parseRequirementsOnly, parseTimelineParameters, parseTopicsParameters, parseTrendingParameters } from '@harvest/queries';
import type { Answered, ReadRequirements } from '@harvest/queries';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerDesk } from './answers/answer-desk';
import { API_PORTS } from './api.ports';
import type { ApiPorts } from './api.ports';
import { leavingOf, reply200, searchOf } from './http/handlers';
import type { Handlers, OperationController } from './http/handlers';
import { parsePathId, parseStrictly } from './http/parse-strictly';

type Ids = 'listTopics' | 'listTrendingTopics' | 'getTopic' | 'getTopicTimeline' | 'getEntity';

interface Asked {
  readonly key: string;
  readonly requirements: ReadRequirements;
  readonly load: () => Promise<Answered>;
}

/** Topics and entities: their answers change with what discoveries change with, and are kept and dropped with them. */
@Injectable()
export class TopicsController implements OperationController<Ids> {
  constructor(
    @Inject(AnswerDesk) private readonly desk: AnswerDesk,
    @Inject(API_PORTS) private readonly ports: Pick<ApiPorts, 'queries'>,
  ) {}

  handlers(): Pick<Handlers, Ids> {
    return {
      listTopics: (request, reply) => this.answer(request, reply, this.list(request)),
      listTrendingTopics: (request, reply) => this.answer(request, reply, this.trending(request)),
      getTopic: (request, reply) => this.answer(request, reply, this.one(request)),
      getTopicTimeline: (request, reply) => this.answer(request, reply, this.timeline(request)),
      getEntity: (request, reply) => this.answer(request, reply, this.entity(request)),
    };
  }

  private async answer(request: FastifyRequest, reply: FastifyReply, { key, requirements, load }: Asked): Promise<void> {
    const question = { scope: 'discoveries', key, load } as const;
    reply200(request, reply, await this.desk.answer(question, { requirements, signal: leavingOf(reply) }));
  }

  private list(request: FastifyRequest): Asked {
    const { parameters, ...asked } = parseStrictly(searchOf(request), ROUTES.listTopics.query, parseTopicsParameters);
    return { ...asked, load: () => this.ports.queries.listTopics(parameters) };
  }

  private trending(request: FastifyRequest): Asked {
    const read = (given: URLSearchParams) => parseTrendingParameters(given, Date.now());
    const { parameters, ...asked } = parseStrictly(searchOf(request), ROUTES.listTrendingTopics.query, read);
    return { ...asked, load: () => this.ports.queries.listTrendingTopics(parameters) };
  }

  private one(request: FastifyRequest): Asked {
    const requirements = parseStrictly(searchOf(request), ROUTES.getTopic.query, parseRequirementsOnly);
    const id = parsePathId(request.params);
    return { key: `/v1/topics/${encodeURIComponent(id)}`, requirements, load: () => this.ports.queries.getTopic(id) };
  }

  private entity(request: FastifyRequest): Asked {
    const requirements = parseStrictly(searchOf(request), ROUTES.getEntity.query, parseRequirementsOnly);
    const id = parsePathId(request.params);
    return { key: `/v1/entities/${encodeURIComponent(id)}`, requirements, load: () => this.ports.queries.getEntity(id) };
  }

  private timeline(request: FastifyRequest): Asked {
    const id = parsePathId(request.params);
    const read = (given: URLSearchParams) => parseTimelineParameters(given, id);
    const { parameters, ...asked } = parseStrictly(searchOf(request), ROUTES.getTopicTimeline.query, read);
    return { ...asked, load: () => this.ports.queries.getTopicTimeline(id, parameters) };
  }
}
