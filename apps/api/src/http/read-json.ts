import type { ProblemField } from '@harvest/contracts';
import type { z } from 'zod';
import { ProblemError } from './problem-error';

/** Strict UTF-8 and JSON. Nesting is bounded before anything recurses over the value. */
export function readJson<T>(body: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(requireBody(body)));
  if (parsed.success) return parsed.data;
  const errors: ProblemField[] = parsed.error.issues.slice(0, 20).map((issue) => ({ field: fieldName(issue.path), rule: issue.message }));
  throw new ProblemError('body-invalid', errors.map(({ field, rule }) => `${field}: ${rule}`).join('; '), { errors });
}

export function requireBody(body: unknown): Buffer {
  if (Buffer.isBuffer(body) && body.length > 0) return body;
  throw new ProblemError('body-missing', 'send a body, with its content-type');
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    throw new ProblemError('json-invalid', cause instanceof Error ? cause.message : 'the body is not JSON in UTF-8', { cause });
  }
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return name.replace(/^\./, '').slice(0, 200) || 'body';
}
