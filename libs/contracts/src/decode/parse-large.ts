import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** Entries of one collection that are checked at a time. */
const WINDOW = 1024;
/** Collections of a payload lie at most this deep below its root; what lies deeper is opaque. */
const COLLECTION_DEPTH = 2;

/** A payload as its schema reads it, or the first thing that the schema has against it. */
export type Parsed = { readonly payload: unknown } | { readonly issue: Issue | undefined };

export function parse(schema: z.ZodType, payload: unknown): Parsed {
  const result = schema.safeParse(payload);
  return result.success ? { payload: result.data } : { issue: result.error.issues[0] };
}

/**
 * The same for a payload that may be large. A schema collects all issues, and half a million wrong elements fit into one value
 * (300 MB of issues, seconds); so large collections are first shown to it window by window.
 */
export function parseLarge(schema: z.ZodType, payload: unknown): Parsed {
  const size = largestCollection(payload, 0);
  const windows = size > WINDOW ? Math.ceil(size / WINDOW) : 0;
  for (let from = 0; from < windows * WINDOW; from += WINDOW) {
    const parsed = parse(schema, windowOf(payload, from, 0));
    if ('issue' in parsed && parsed.issue) return { issue: { ...parsed.issue, path: inPayload(parsed.issue.path, payload, from) } };
  }
  return parse(schema, payload);
}

function largestCollection(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  const own = depth === 0 ? 0 : members.length;
  return depth === COLLECTION_DEPTH
    ? own
    : members.reduce<number>((largest, member) => Math.max(largest, largestCollection(member, depth + 1)), own);
}

/** A copy with the entries from `from` on of every large collection; of one that ends before, its first entries once more. */
function windowOf(value: unknown, from: number, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > COLLECTION_DEPTH) return value;
  if (Array.isArray(value)) return cut(value, from).map((item) => windowOf(item, from, depth + 1));
  const entries = Object.entries(value);
  const shown = depth === 0 ? entries : cut(entries, from);
  return Object.fromEntries(shown.map(([key, member]) => [key, windowOf(member, from, depth + 1)]));
}

function cut<T>(entries: readonly T[], from: number): readonly T[] {
  const start = from < entries.length ? from : 0;
  return entries.length > WINDOW ? entries.slice(start, start + WINDOW) : entries;
}

/** Indexes of a window as indexes of the payload. */
function inPayload(path: readonly PropertyKey[], payload: unknown, from: number): PropertyKey[] {
  let container = payload;
  return path.map((segment) => {
    const isShifted = Array.isArray(container) && container.length > WINDOW && from < container.length;
    const key = isShifted && typeof segment === 'number' ? segment + from : segment;
    container = (container as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key];
    return key;
  });
}
