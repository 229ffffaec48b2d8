import { HarvestError } from '@harvest/kernel';

/**
 * Compact JSON with the keys of every object in one order, so that equal facts have equal bytes. Members that are undefined are
 * left out.
 * @throws HarvestError `event-invalid` for what JSON cannot say: numbers that are not finite, functions, dates, nesting over 64 …
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(ordered(value, 1));
}

const MAX_DEPTH = 64;

function ordered(value: unknown, level: number): unknown {
  if (typeof value === 'object' && value !== null) return orderedContainer(value, level);
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value;
  return refuse(typeof value === 'number' ? 'numbers must be finite' : `a ${typeof value} cannot be written as JSON`);
}

function orderedContainer(value: object, level: number): unknown {
  if (level > MAX_DEPTH) return refuse(`nested deeper than ${MAX_DEPTH} levels`);
  return Array.isArray(value) ? value.map((item) => ordered(item, level + 1)) : orderedMembers(value, level);
}

function orderedMembers(members: object, level: number): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(members);
  if (prototype !== Object.prototype && prototype !== null) return refuse('only plain objects and arrays can be written as JSON');
  const source = members as Readonly<Record<string, unknown>>;
  const target = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(source).sort()) if (source[key] !== undefined) target[key] = ordered(source[key], level + 1);
  return target;
}

function refuse(why: string): never {
  throw new HarvestError({ code: 'event-invalid', message: `the payload is no JSON: ${why}` });
}
