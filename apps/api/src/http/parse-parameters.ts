import type { ParameterSpec, ProblemCode, ProblemField } from '@harvest/contracts';
import type { z } from 'zod';
import { ProblemError } from './problem-error';

type Specs = Readonly<Record<string, ParameterSpec>>;

/** The values that were given, by name; one that was not given is absent. Defaults are the question's own business. */
export type ParameterValues<S extends Specs> = { readonly [P in keyof S]?: z.output<S[P]['schema']> };

/**
 * Reads a query string strictly: no unknown, repeated, empty or broken parameter passes.
 * @param search what follows the `?`, or ''.
 * @throws ProblemError naming every parameter that is wrong.
 */
export function parseQuery<S extends Specs>(search: string, specs: S): ParameterValues<S> {
  const reading: Reading = { texts: new Map(), errors: [], code: null };
  if (search !== '') for (const pair of search.split('&')) readPair(pair, specs, reading);
  const values: Record<string, unknown> = {};
  for (const [name, text] of reading.texts) {
    const value = readValue(name, text, specs[name]);
    if ('error' in value) note(reading, 'invalid-parameter', value.error);
    else values[name] = value.value;
  }
  if (reading.code !== null) throw new ProblemError(reading.code, describe(reading.errors), { errors: reading.errors });
  return values as ParameterValues<S>;
}

interface Reading {
  readonly texts: Map<string, string>;
  readonly errors: ProblemField[];
  /** Of the first error. */
  code: ProblemCode | null;
}

function readPair(pair: string, specs: Specs, reading: Reading): void {
  const split = pair.indexOf('=');
  const name = decodeText(split < 0 ? pair : pair.slice(0, split));
  const text = decodeText(split < 0 ? '' : pair.slice(split + 1));
  if (name === null || !Object.hasOwn(specs, name)) return note(reading, 'unknown-parameter', unknownParameter(name ?? pair, specs));
  if (text === null) return note(reading, 'invalid-parameter', { field: name, rule: 'must be percent-encoded UTF-8' });
  if (reading.texts.has(name)) return note(reading, 'repeated-parameter', { field: name, rule: 'must be given once' });
  reading.texts.set(name, text);
}

function note(reading: Reading, code: ProblemCode, error: ProblemField): void {
  // oxlint-disable-next-line no-param-reassign -- the reading is this function's to fill
  reading.code ??= code;
  reading.errors.push(error);
}

function decodeText(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

const SHOWN_LENGTH = 60;

function unknownParameter(name: string, specs: Specs): ProblemField {
  const known = Object.keys(specs);
  const hint = known.length === 0 ? 'this address takes none' : `known are ${known.join(', ')}`;
  return { field: name.slice(0, SHOWN_LENGTH), rule: 'is not a parameter of this question', hint };
}

/** One parameter's text → its value, or the rule that it breaks. Also for parameters in the path. */
export function readValue(name: string, text: string, spec: ParameterSpec | undefined): { value: unknown } | { error: ProblemField } {
  if (spec === undefined || text.includes('\u0000')) return { error: { field: name, rule: 'must not hold the NUL character' } };
  const raw = READERS[spec.kind](text);
  if (raw === undefined) return { error: { field: name, rule: RULES[spec.kind] } };
  const parsed = spec.schema.safeParse(raw);
  if (parsed.success) return { value: parsed.data };
  return { error: { field: name, rule: parsed.error.issues.map((issue) => issue.message).join('; '), hint: spec.about } };
}

const READERS: Readonly<Record<ParameterSpec['kind'], (text: string) => unknown>> = {
  string: (text) => text,
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined),
  number: (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};
const RULES = { string: '', integer: 'must be a whole number', number: 'must be a decimal number', boolean: 'must be true or false' };

function describe(errors: readonly ProblemField[]): string {
  return errors.map(({ field, rule }) => `${field} ${rule}`).join('; ');
}
