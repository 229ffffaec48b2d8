import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../events/event-types';
import type { RejectedRecord } from './decoded';
import { parse, parseLarge } from './parse-large';
import type { RejectionCode } from './rejection-codes';
import { jsonPath, reject } from './rejection';

/** Of their compact JSON text in UTF-8. */
export const MAX_ATTRIBUTES_BYTES = 65_536;
/** Compact JSON is at most four times as long as what it was parsed from (`1e15`): smaller values need no measuring. */
const MEASURE_FROM_BYTES = MAX_ATTRIBUTES_BYTES / 4;

/** Values of fewer bytes cannot hold so many wrong elements that listing them takes long. */
const LARGE_BYTES = 65_536;

/** Compiled: four times as fast as the schemas themselves, and the same verdicts. A type's is made at its first event. */
const compiled = new Map<EventType, z.ZodType>();

function compiledSchema(type: EventType): z.ZodType {
  const known = compiled.get(type);
  if (known) return known;
  const schema = z.compile(EVENT_TYPES[type].schema as z.ZodType);
  compiled.set(type, schema);
  return schema;
}

/** The payload without its unknown fields, or what its schema has against it. */
export function readPayload(type: EventType, payload: unknown, valueBytes: number): { readonly payload: unknown } | RejectedRecord {
  const schema = compiledSchema(type);
  const parsed = valueBytes > LARGE_BYTES ? parseLarge(schema, payload) : parse(schema, payload);
  if ('issue' in parsed) return rejectIssue(type, parsed.issue);
  return judgeAttributes(parsed.payload, valueBytes) ?? parsed;
}

function rejectIssue(type: EventType, issue: z.core.$ZodIssue | undefined): RejectedRecord {
  const { message = 'the payload breaks its schema', path = [] } = issue ?? {};
  return reject(codeOf(issue), jsonPath('payload', path), `${message}; correct the field, see the schema of ${type}`);
}

/** The checks of our own name the code (see `brokenRule`). */
function codeOf(issue: z.core.$ZodIssue | undefined): RejectionCode {
  const params = issue?.code === 'custom' ? issue.params : undefined;
  return (params?.['rejection'] as RejectionCode | undefined) ?? 'payload-invalid';
}

function judgeAttributes(payload: unknown, valueBytes: number): RejectedRecord | null {
  if (valueBytes <= MEASURE_FROM_BYTES) return null;
  const { attributes } = payload as { attributes?: unknown };
  if (typeof attributes !== 'object' || attributes === null) return null;
  const size = Buffer.byteLength(JSON.stringify(attributes));
  if (size <= MAX_ATTRIBUTES_BYTES) return null;
  return reject(
    'attributes-too-large',
    'payload.attributes',
    `attributes take ${size} bytes, at most ${MAX_ATTRIBUTES_BYTES} are kept; leave out what no reader needs`,
  );
}
