import type { LogHeaders } from '../log/record';
import type { RejectedRecord } from './decoded';
import { type RawAttributes, rejectAttribute } from './envelope';
import { HeaderReader, readHeader } from './header-texts';
import { type AttributePath, reject } from './rejection';

export const headerPath: AttributePath = (attribute) => `headers.ce_${attribute}`;

const JSON_MEDIA_TYPE = /^(application\/json|application\/[^;\s]+\+json|text\/json)\s*(;|$)/i;

const contentTypes = new HeaderReader('content-type');
const specVersions = new HeaderReader('ce_specversion');
const types = new HeaderReader('ce_type');
const sources = new HeaderReader('ce_source');
const ingestionIds = new HeaderReader('ce_ingestionid');

export function readContentType(headers: LogHeaders): string | undefined | RejectedRecord {
  return contentTypes.read(headers);
}

/** The event's type as its headers say it, once they are those of a binary CloudEvent with a JSON value. */
export function readBinaryType(headers: LogHeaders, contentType: string | undefined): string | RejectedRecord {
  const type = types.read(headers);
  if (type === undefined) return rejectAttribute('headers.ce_type', 'the record bears neither ce_ headers nor a structured content-type');
  if (typeof type !== 'string') return type;
  if (specVersions.read(headers) !== '1.0') return rejectAttribute('headers.ce_specversion', 'specversion must be 1.0');
  if (contentType === undefined || contentType === 'application/json' || JSON_MEDIA_TYPE.test(contentType)) return type;
  return rejectAttribute('headers.content-type', `the value must be application/json, not ${contentType.slice(0, 80)}`);
}

export function readBinaryAttributes(headers: LogHeaders): RawAttributes {
  return {
    id: readHeader(headers, 'ce_id'),
    source: sources.read(headers),
    time: readHeader(headers, 'ce_time'),
    ingestionid: ingestionIds.read(headers),
    sequence: readHeader(headers, 'ce_sequence'),
    traceparent: readHeader(headers, 'ce_traceparent'),
  };
}

/** The subject must be the key, byte for byte. */
export function judgeBinarySubject(headers: LogHeaders, key: Buffer): RejectedRecord | null {
  const subject: unknown = headers['ce_subject'];
  if (subject === undefined || subject === null || (Buffer.isBuffer(subject) && subject.equals(key))) return null;
  return reject('key-mismatch', 'headers.ce_subject', 'the subject must equal the record key; key records by their subject');
}
