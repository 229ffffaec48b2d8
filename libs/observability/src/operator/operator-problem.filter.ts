import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException } from '@nestjs/common';
import { isHarvestError } from '@harvest/kernel';
import type { Logger } from '../logger';
import type { OperatorReply } from './operator-reply';

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Every fault of the operators' listener as RFC 9457. */
@Catch()
export class OperatorProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(fault: unknown, host: ArgumentsHost): void {
    const problem = describe(fault);
    if (problem.status >= 500) this.logger.error({ err: fault, code: problem.code }, "the operators' listener failed to answer");
    const reply = host.switchToHttp().getResponse<OperatorReply>();
    const body = { type: 'about:blank', title: titleOf(problem.status), ...problem };
    reply.code(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(body));
  }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'bad-request',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  413: 'body-too-large',
  415: 'unsupported-media-type',
};

function describe(fault: unknown): Problem {
  if (isHarvestError(fault)) return { status: fault.retriable ? 503 : 400, code: fault.code, detail: fault.message };
  const status = fault instanceof HttpException ? fault.getStatus() : statusOf(fault);
  const detail = status < 500 && fault instanceof Error ? fault.message : 'see the log of this process';
  return { status, code: CODES[status] ?? (status < 500 ? 'bad-request' : 'internal'), detail };
}

/** Fastify's own errors carry theirs. */
function statusOf(fault: unknown): number {
  const status = fault instanceof Error && 'statusCode' in fault ? Number(fault.statusCode) : 500;
  return status >= 400 && status < 500 ? status : 500;
}

function titleOf(status: number): string {
  return status < 500 ? 'The request cannot be answered as it is' : 'The process could not answer';
}
