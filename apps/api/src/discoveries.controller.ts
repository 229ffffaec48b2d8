import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { ROUTES } from '@harvest/contracts';
import { parseDiscoveriesParameters, parseExportParameters } from '@harvest/queries';
import type { ReadRequirements } from '@harvest/queries';
import type { CachedAnswer } from '@harvest/read-models';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerDesk } from './answers/answer-desk';
import type { CachedQuestion } from './answers/answer-desk';
import { API_PORTS } from './api.ports';
import type { ApiPorts } from './api.ports';
import { leavingOf, reply200, searchOf } from './http/handlers';
import type { Handlers, OperationController } from './http/handlers';
import { parseStrictly } from './http/parse-strictly';
import { ProblemError } from './http/problem-error';

interface Prepared {
  readonly question: CachedQuestion;
  readonly requirements: ReadRequirements;
}

/** Questions whose parameters have been read; the same query string is the same question. */
const PREPARED_LIMIT = 2000;
/** Longer ones hold positions that nobody asks for twice. */
const PREPARED_LENGTH = 500;
/** Each holds a connection and a snapshot of the database. */
const MAX_EXPORTS = 4;

type Ids = 'listDiscoveries' | 'exportDiscoveries';

@Injectable()
export class DiscoveriesController implements OperationController<Ids> {
  private readonly prepared = new Map<string, Prepared>();
  private exports = 0;

  constructor(
    @Inject(AnswerDesk) private readonly desk: AnswerDesk,
    @Inject(API_PORTS) private readonly ports: Pick<ApiPorts, 'queries'>,
  ) {}

  handlers(): Pick<Handlers, Ids> {
    return {
      listDiscoveries: (request, reply) => this.list(request, reply),
      exportDiscoveries: (request, reply) => this.export(request, reply),
    };
  }

  /** What the first tier holds for a query string that was read before; null: ask the ordinary way. */
  peek(search: string): CachedAnswer | null {
    const prepared = this.prepared.get(search);
    return prepared === undefined ? null : this.desk.peek(prepared.question, prepared.requirements);
  }

  private async list(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { question, requirements } = this.prepare(searchOf(request));
    const answer = this.desk.peek(question, requirements);
    if (answer !== null) return reply200(request, reply, { answer, verdict: 'hit-l1' });
    reply200(request, reply, await this.desk.answer(question, { requirements, signal: leavingOf(reply) }));
  }

  private prepare(search: string): Prepared {
    const known = this.prepared.get(search);
    if (known !== undefined) return known;
    const prepared = this.parse(search);
    // A rolling window is another question each minute.
    if (!search.includes('hours') && search.length <= PREPARED_LENGTH) {
      if (this.prepared.size >= PREPARED_LIMIT) this.prepared.clear();
      this.prepared.set(search, prepared);
    }
    return prepared;
  }

  private parse(search: string): Prepared {
    const read = (given: URLSearchParams) => parseDiscoveriesParameters(given, Date.now());
    const { parameters, requirements, key } = parseStrictly(search, ROUTES.listDiscoveries.query, read);
    return { question: { scope: 'discoveries', key, load: () => this.ports.queries.listDiscoveries(parameters) }, requirements };
  }

  /** The first batch is read before anything is written, so that what is wrong is still a problem. */
  private async export(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const read = (given: URLSearchParams) => parseExportParameters(given, Date.now());
    const parameters = parseStrictly(searchOf(request), ROUTES.exportDiscoveries.query, read);
    if (this.exports >= MAX_EXPORTS) throw new ProblemError('stream-limit', `${MAX_EXPORTS} exports are running already`);
    this.exports += 1;
    reply.raw.once('close', () => (this.exports -= 1));
    const lines = this.ports.queries.exportDiscoveries(parameters)[Symbol.asyncIterator]();
    const first = await lines.next();
    await reply
      .header('content-type', 'application/x-ndjson; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-request-id', request.id)
      .send(Readable.from(continued(first, lines), { objectMode: false }));
  }
}

/** Left half-way, what it reads from is closed too. */
async function* continued(first: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
