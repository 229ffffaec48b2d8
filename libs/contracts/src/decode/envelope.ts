import { isDateTime } from '../events/dates';
import type { Envelope, RejectedRecord } from './decoded';
import { judgeId } from './key';
import { type AttributePath, reject } from './rejection';

/** An attribute before any rule: absent, or what could not even be read. */
export type RawAttribute = string | number | undefined | RejectedRecord;

export interface RawAttributes {
  readonly id: RawAttribute;
  readonly source: RawAttribute;
  readonly time: RawAttribute;
  readonly ingestionid: RawAttribute;
  readonly sequence: RawAttribute;
  readonly traceparent: RawAttribute;
}

const MAX_SEQUENCE = BigInt(Number.MAX_SAFE_INTEGER);
const DECIMAL = /^\d{1,64}$/;
/** W3C trace context, level 1. */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}/;

export function readEnvelope(raw: RawAttributes, pathOf: AttributePath): Envelope | RejectedRecord {
  const id = readName(raw.id, 'id', pathOf);
  const source = readName(raw.source, 'source', pathOf);
  const time = readTime(raw.time, pathOf);
  const ingestionId = raw.ingestionid === undefined ? null : readName(raw.ingestionid, 'ingestionid', pathOf);
  const sequence = readSequence(raw.sequence, pathOf);
  if (typeof id !== 'string') return id;
  if (typeof source !== 'string') return source;
  const rejection = rejectionIn(time) ?? rejectionIn(ingestionId) ?? rejectionIn(sequence);
  if (rejection) return rejection;
  return { id, source, time, ingestionId, sequence, traceparent: readTraceparent(raw.traceparent) } as Envelope;
}

function rejectionIn(attribute: string | bigint | null | RejectedRecord): RejectedRecord | null {
  return typeof attribute === 'object' ? attribute : null;
}

export function rejectAttribute(path: string, rule: string): RejectedRecord {
  return reject('envelope-invalid', path, `${rule}; send a CloudEvents 1.0 envelope, binary or structured`);
}

function readName(value: RawAttribute, attribute: string, pathOf: AttributePath): string | RejectedRecord {
  if (typeof value === 'object') return value;
  if (typeof value !== 'string' || value === '') return rejectAttribute(pathOf(attribute), `${attribute} must be a non-empty text`);
  return judgeId(value, pathOf, attribute) ?? value;
}

function readTime(value: RawAttribute, pathOf: AttributePath): string | null | RejectedRecord {
  if (value === undefined) return null;
  if (typeof value === 'object') return value;
  if (typeof value !== 'string') return rejectAttribute(pathOf('time'), 'time must be a text');
  if (isDateTime(value)) return value;
  return reject('impossible-date', pathOf('time'), 'must be an RFC 3339 date-time of 1900–2100 that exists; correct it or leave it out');
}

function readSequence(value: RawAttribute, pathOf: AttributePath): bigint | null | RejectedRecord {
  if (value === undefined) return null;
  if (typeof value === 'object') return value;
  if (!isWholeNumber(value)) {
    return rejectAttribute(pathOf('sequence'), 'sequence must be a whole number from 0 on, as a JSON number or as decimal text');
  }
  const sequence = BigInt(value);
  if (sequence <= MAX_SEQUENCE) return sequence;
  return reject('number-out-of-range', pathOf('sequence'), 'sequence must be at most 2^53 − 1; count in smaller steps');
}

function isWholeNumber(value: string | number): boolean {
  return typeof value === 'string' ? DECIMAL.test(value) : Number.isInteger(value) && value >= 0;
}

/** Trace context that cannot be read is dropped, as its standard says; it never costs the event. */
function readTraceparent(value: RawAttribute): string | null {
  return typeof value === 'string' && value.length <= MAX_TRACEPARENT && TRACEPARENT.test(value) ? value : null;
}

const MAX_TRACEPARENT = 256;
