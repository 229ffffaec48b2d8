import type { OperationId } from '@harvest/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { writeAnswer } from '../answers/write-answer';
import type { Served } from '../answers/answer-desk';
import { parseQuery } from './parse-parameters';

/**
 * Answers one operation by the reply. What it throws becomes a problem. A handler that returns without a promise has answered, or
 * will have by its own means.
 */
export type Handler = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;

export type Handlers = Readonly<Record<OperationId, Handler>>;

/** What a controller brings: its share of the operations. */
export interface OperationController<Ids extends OperationId> {
  handlers(): Pick<Handlers, Ids>;
}

/** What follows the `?` of the address, or ''. */
export function searchOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

/** For operations that take no parameters: any is refused. */
export function withoutQuery(handler: Handler): Handler {
  return (request, reply) => {
    parseQuery(searchOf(request), {});
    return handler(request, reply);
  };
}

/** Aborts when the client has left before it was answered. */
export function leavingOf(reply: FastifyReply): AbortSignal {
  const leaving = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) leaving.abort(new Error('the client has left'));
  });
  return leaving.signal;
}

/** Writes an answer with all its headers, or 304. */
export function reply200(request: FastifyRequest, reply: FastifyReply, served: Served): void {
  reply.hijack();
  const isHead = request.method === 'HEAD';
  writeAnswer(reply.raw, request.raw.headers['if-none-match'], { ...served, requestId: request.id, nowMs: Date.now(), isHead });
}
