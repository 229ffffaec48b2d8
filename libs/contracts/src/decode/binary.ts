import type { LogHeaders } from '../log/record';
import type { RejectedRecord } from './decoded';
import { type AttributePath, type RawAttributes, rejectAttribute } from './envelope';
import { readText } from './json-bytes';
import { isRejected, reject } from './rejection';

export const headerPath: AttributePath = (attribute) => `headers.ce_${attribute}`;

const JSON_MEDIA_TYPE = /^(application\/json|application\/[^;\s]+\+json|text\/json)\s*(;|$)/i;
const SPEC_VERSION = Buffer.from('1.0');

/** The event's type as its headers say it, once they are those of a binary CloudEvent with a JSON value. */
export function readBinaryType(headers: LogHeaders): string | RejectedRecord {
  const type = readHeader(headers, 'ce_type');
  if (type === undefined) return rejectAttribute('headers.ce_type', 'the record bears neither ce_ headers nor a structured content-type');
  if (typeof type !== 'string') return type;
  const version = headers['ce_specversion'];
  if (!Buffer.isBuffer(version) || !version.equals(SPEC_VERSION)) {
    return rejectAttribute('headers.ce_specversion', 'specversion must be 1.0');
  }
  return judgeContentType(headers) ?? type;
}

function judgeContentType(headers: LogHeaders): RejectedRecord | null {
  const contentType = readHeader(headers, 'content-type');
  if (contentType === undefined || contentType === 'application/json') return null;
  if (typeof contentType !== 'string') return contentType;
  if (JSON_MEDIA_TYPE.test(contentType)) return null;
  return rejectAttribute('headers.content-type', `the value must be application/json, not ${contentType.slice(0, 80)}`);
}

export function readBinaryAttributes(headers: LogHeaders): RawAttributes | RejectedRecord {
  const raw: Record<keyof RawAttributes, unknown> = { ...NO_ATTRIBUTES };
  for (const attribute of ATTRIBUTES) {
    const text = readHeader(headers, HEADER_OF[attribute]);
    if (isRejected(text)) return text;
    raw[attribute] = text;
  }
  return raw;
}

const ATTRIBUTES = ['id', 'source', 'time', 'ingestionid', 'sequence', 'traceparent'] as const;
const NO_ATTRIBUTES: RawAttributes = {
  id: undefined,
  source: undefined,
  time: undefined,
  ingestionid: undefined,
  sequence: undefined,
  traceparent: undefined,
};
const HEADER_OF = {
  id: 'ce_id',
  source: 'ce_source',
  time: 'ce_time',
  ingestionid: 'ce_ingestionid',
  sequence: 'ce_sequence',
  traceparent: 'ce_traceparent',
} as const satisfies Record<(typeof ATTRIBUTES)[number], string>;

/** The subject must be the key, byte for byte. */
export function judgeBinarySubject(headers: LogHeaders, key: Buffer): RejectedRecord | null {
  const subject = headers['ce_subject'];
  if (subject === undefined || (Buffer.isBuffer(subject) && subject.equals(key))) return null;
  return reject('key-mismatch', 'headers.ce_subject', 'the subject must equal the record key; key records by their subject');
}

/** Undefined: absent. A header that a client gave twice or not as bytes is refused. */
export function readHeader(headers: LogHeaders, name: string): string | undefined | RejectedRecord {
  const bytes: unknown = headers[name];
  if (bytes === undefined || bytes === null) return undefined;
  if (!Buffer.isBuffer(bytes)) return rejectAttribute(`headers.${name}`, `the header ${name} must stand once`);
  return readText(bytes, `headers.${name}`);
}
