import { isProblemCode, PROBLEMS, problemType } from '@harvest/contracts';
import type { Problem, ProblemCode, ProblemField } from '@harvest/contracts';
import { isHarvestError } from '@harvest/kernel';

interface ProblemOptions {
  readonly errors?: readonly ProblemField[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer that is a problem: thrown by controllers, written by the one error handler. */
export class ProblemError extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly options: ProblemOptions = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProblemError';
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

const RETRY_AFTER_SECONDS = '1';

/** What of Fastify's own errors means what here. */
const FRAMEWORK_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_INVALID_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-missing',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request-malformed',
  FST_ERR_BAD_URL: 'url-invalid',
  FST_ERR_MAX_PARAM_LENGTH: 'url-too-long',
};

/** Total: whatever was thrown, there is a problem for it. What is not expected is `internal` and says nothing of its inside. */
export function toProblemError(fault: unknown): ProblemError {
  if (fault instanceof ProblemError) return fault;
  if (isHarvestError(fault)) return fromHarvestError(fault);
  if (fault instanceof Error && 'code' in fault && 'statusCode' in fault) return fromFramework(fault);
  return new ProblemError('internal', 'the reason is in the log of the process, under the request id', { cause: fault });
}

interface FrameworkError extends Error {
  readonly code: unknown;
  readonly statusCode: unknown;
}

function fromFramework(fault: FrameworkError): ProblemError {
  const code = FRAMEWORK_CODES[String(fault.code)];
  if (code !== undefined) return new ProblemError(code, fault.message, { cause: fault });
  const isClients = Number(fault.statusCode) >= 400 && Number(fault.statusCode) < 500;
  if (isClients) return new ProblemError('request-malformed', fault.message, { cause: fault });
  return new ProblemError('internal', 'the reason is in the log of the process, under the request id', { cause: fault });
}

function fromHarvestError(fault: {
  code: string;
  message: string;
  retriable: boolean;
  context: Readonly<Record<string, unknown>>;
}): ProblemError {
  const { parameter } = fault.context;
  const options = { cause: fault, ...(typeof parameter === 'string' ? { errors: [{ field: parameter, rule: fault.message }] } : {}) };
  if (isProblemCode(fault.code)) return new ProblemError(fault.code, fault.message, options);
  if (fault.retriable) return new ProblemError('unavailable', fault.message, options);
  return new ProblemError('internal', 'the reason is in the log of the process, under the request id', options);
}

export function toProblemBody(error: ProblemError, requestId: string | undefined): Problem {
  const { code, detail, options } = error;
  const { status, title } = PROBLEMS[code];
  return {
    type: problemType(code),
    title,
    status,
    detail,
    code,
    ...(requestId === undefined ? {} : { requestId }),
    ...(options.errors === undefined ? {} : { errors: [...options.errors] }),
  };
}

/** `Retry-After` comes with every 503. */
export function problemHeaders(error: ProblemError): Readonly<Record<string, string>> {
  return error.status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS, ...error.options.headers } : { ...error.options.headers };
}
