import { isDateTime } from '../events/dates';
import type { Envelope, RejectedRecord } from './decoded';
import { judgeId } from './key';
import { isRejected, reject } from './rejection';

/** An envelope's attributes as they came, before any rule; undefined: absent. */
export interface RawAttributes {
  readonly id: unknown;
  readonly source: unknown;
  readonly time: unknown;
  readonly ingestionid: unknown;
  readonly sequence: unknown;
  readonly traceparent: unknown;
}

/** Says where an attribute stands: `headers.ce_id` in one binding, `value.id` in the other. */
export type AttributePath = (attribute: string) => string;

const MAX_SEQUENCE = BigInt(Number.MAX_SAFE_INTEGER);
const DECIMAL = /^\d{1,64}$/;
/** W3C trace context, level 1. */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}/;

export function readEnvelope(raw: RawAttributes, pathOf: AttributePath): Envelope | RejectedRecord {
  const id = readName(raw.id, 'id', pathOf);
  if (typeof id !== 'string') return id;
  const source = readName(raw.source, 'source', pathOf);
  if (typeof source !== 'string') return source;
  const time = readTime(raw.time, pathOf);
  if (isRejected(time)) return time;
  const ingestionId = raw.ingestionid === undefined ? null : readName(raw.ingestionid, 'ingestionid', pathOf);
  if (isRejected(ingestionId)) return ingestionId;
  const sequence = readSequence(raw.sequence, pathOf);
  if (isRejected(sequence)) return sequence;
  return { id, source, time, ingestionId, sequence, traceparent: readTraceparent(raw.traceparent) };
}

export function rejectAttribute(path: string, rule: string): RejectedRecord {
  return reject('envelope-invalid', path, `${rule}; send a CloudEvents 1.0 envelope, binary or structured`);
}

function readName(value: unknown, attribute: string, pathOf: AttributePath): string | RejectedRecord {
  if (typeof value !== 'string' || value === '') return rejectAttribute(pathOf(attribute), `${attribute} must be a non-empty text`);
  return judgeId(value, pathOf(attribute)) ?? value;
}

function readTime(value: unknown, pathOf: AttributePath): string | null | RejectedRecord {
  if (value === undefined) return null;
  if (typeof value !== 'string') return rejectAttribute(pathOf('time'), 'time must be a text');
  if (isDateTime(value)) return value;
  return reject('impossible-date', pathOf('time'), 'must be an RFC 3339 date-time of 1900–2100 that exists; correct it or leave it out');
}

function readSequence(value: unknown, pathOf: AttributePath): bigint | null | RejectedRecord {
  if (value === undefined) return null;
  const isNumber = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  if (!isNumber && !(typeof value === 'string' && DECIMAL.test(value))) {
    return rejectAttribute(pathOf('sequence'), 'sequence must be a whole number from 0 on, as a JSON number or as decimal text');
  }
  const sequence = BigInt(value as number | string);
  if (sequence <= MAX_SEQUENCE) return sequence;
  return reject('number-out-of-range', pathOf('sequence'), 'sequence must be at most 2^53 − 1; count in smaller steps');
}

/** Trace context that cannot be read is dropped, as its standard says; it never costs the event. */
function readTraceparent(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_TRACEPARENT && TRACEPARENT.test(value) ? value : null;
}

const MAX_TRACEPARENT = 256;
