import { ProblemError } from './problem-error';

export function requireBody(body: unknown): Buffer {
  if (Buffer.isBuffer(body) && body.length > 0) return body;
  throw new ProblemError('body-missing', 'send a body, with its content-type');
}

/** Strict UTF-8 and JSON. @throws ProblemError `body-missing` or `json-invalid`. */
export function readJson(body: unknown): unknown {
  const bytes = requireBody(body);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new ProblemError('json-invalid', cause instanceof Error ? cause.message : 'the body is not JSON in UTF-8', { cause });
  }
}
