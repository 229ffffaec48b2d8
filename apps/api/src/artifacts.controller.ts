import { Inject, Injectable } from '@nestjs/common';
import { ROUTES } from '@harvest/contracts';
import { parseLookupBody, parseRequirementsOnly } from '@harvest/queries';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerDesk } from './answers/answer-desk';
import type { Wish } from './answers/answer-desk';
import { API_PORTS } from './api.ports';
import type { ApiPorts } from './api.ports';
import { leavingOf, reply200, searchOf } from './http/handlers';
import type { Handlers, OperationController } from './http/handlers';
import { parsePathId, parseStrictly } from './http/parse-strictly';
import { readJson } from './http/read-json';

type Ids = 'getArtifact' | 'lookupArtifacts';

/** Single artifacts: read afresh each time, as a look-up by key costs less than keeping a copy honest. */
@Injectable()
export class ArtifactsController implements OperationController<Ids> {
  constructor(
    @Inject(AnswerDesk) private readonly desk: AnswerDesk,
    @Inject(API_PORTS) private readonly ports: Pick<ApiPorts, 'queries'>,
  ) {}

  handlers(): Pick<Handlers, Ids> {
    return {
      getArtifact: (request, reply) => this.get(request, reply),
      lookupArtifacts: (request, reply) => this.lookup(request, reply),
    };
  }

  private async get(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const wish = wishOf(request, reply);
    const id = parsePathId(request.params);
    reply200(request, reply, await this.desk.answerFresh(wish, () => this.ports.queries.getArtifact(id)));
  }

  private async lookup(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const wish = wishOf(request, reply);
    const ids = parseLookupBody(readJson(request.body));
    reply200(request, reply, await this.desk.answerFresh(wish, () => this.ports.queries.lookupArtifacts(ids)));
  }
}

function wishOf(request: FastifyRequest, reply: FastifyReply): Wish {
  const requirements = parseStrictly(searchOf(request), ROUTES.getArtifact.query, parseRequirementsOnly);
  return { requirements, signal: leavingOf(reply) };
}
