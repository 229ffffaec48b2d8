import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE } from '@harvest/contracts';
import type { ProblemCode } from '@harvest/contracts';
import type { Logger } from '@harvest/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError, problemHeaders, toProblemBody, toProblemError } from './problem-error';

/** Writes a problem as RFC 9457. */
export function sendProblem(reply: FastifyReply, error: ProblemError): void {
  void reply
    .code(error.status)
    .headers(problemHeaders(error))
    .header('x-request-id', reply.request.id)
    .header('cache-control', 'no-store')
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(toProblemBody(error, reply.request.id)));
}

/** The one error handler: everything thrown anywhere ends here. */
export function createErrorHandler(logger: Logger): (fault: unknown, request: FastifyRequest, reply: FastifyReply) => void {
  return (fault, request, reply) => {
    const error = toProblemError(fault);
    if (error.status >= 500) logFault(logger, error, request);
    sendProblem(reply, error);
  };
}

/** 503s are the environment's state, said once per request at `warn`; only what nobody expected is an error. */
function logFault(logger: Logger, error: ProblemError, request: FastifyRequest): void {
  const fields = { requestId: request.id, method: request.method, route: request.routeOptions.url, code: error.code, client: request.ip };
  if (error.code === 'internal') logger.error({ ...fields, err: error.options.cause ?? error }, 'a request failed');
  else logger.warn({ ...fields, reason: error.detail }, 'a request was refused');
}

/** The router's own refusals (a broken URL, a parameter beyond all bounds) come before any hook. */
export function answerFrameworkError(fault: Error, _request: unknown, reply: unknown): void {
  sendProblem(reply as FastifyReply, toProblemError(fault));
}

const PARSER_CODES: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** What is not HTTP at all is answered by hand, as there is no request yet. */
export function answerClientError(fault: Error & { code?: string }, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const error = new ProblemError(
    PARSER_CODES[fault.code ?? ''] ?? 'request-malformed',
    'the bytes that came are not a valid HTTP/1.1 request',
  );
  const body = JSON.stringify(toProblemBody(error, undefined));
  const head = [
    `HTTP/1.1 ${error.status} Refused`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
