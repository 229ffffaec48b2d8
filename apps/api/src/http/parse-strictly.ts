import type { ParameterSpec } from '@harvest/contracts';
import { isHarvestError } from '@harvest/kernel';
import { parseId } from '@harvest/queries';
import { parseQuery } from './parse-parameters';
import { ProblemError } from './problem-error';

/**
 * The room's own reader judges first: it knows what is served. Where it finds a single parameter wrong, the contract names all that
 * are; and the contract alone sees the bytes, so it has the last word on what is good.
 */
export function parseStrictly<T>(search: string, specs: Readonly<Record<string, ParameterSpec>>, parse: (given: URLSearchParams) => T): T {
  try {
    const parsed = parse(new URLSearchParams(search));
    parseQuery(search, specs);
    return parsed;
  } catch (error) {
    if (isHarvestError(error) && error.code.endsWith('-parameter')) parseQuery(search, specs);
    throw error;
  }
}

/** An id in the path, decoded. */
export function parsePathId(parameters: unknown): string {
  const { id } = parameters as { readonly id?: unknown };
  try {
    return parseId(id, 'id');
  } catch (cause) {
    if (!isHarvestError(cause)) throw cause;
    throw new ProblemError('id-invalid', cause.message, { cause, errors: [{ field: 'id', rule: cause.message }] });
  }
}
