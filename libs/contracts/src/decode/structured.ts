import type { RejectedRecord } from './decoded';
import { type RawAttribute, type RawAttributes, rejectAttribute } from './envelope';
import { type JsonRules, MAX_NESTING, readJson } from './json-bytes';
import { type AttributePath, jsonPath, isRejected, reject } from './rejection';

export const STRUCTURED_MEDIA_TYPE = 'application/cloudevents+json';
export const attributePath: AttributePath = (attribute) => `value.${attribute}`;

/** A structured event whose attributes are texts or absent, as far as the house reads them. */
export interface StructuredEvent {
  readonly type: string;
  readonly subject: string | null;
  readonly attributes: RawAttributes;
  readonly data: unknown;
  /** All members, those that the house does not read among them. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly valueBytes: number;
}

/** False: the binary binding. The other structured formats (batch, avro …) are refused. */
export function judgeIsStructured(contentType: string | undefined): boolean | RejectedRecord {
  if (contentType === undefined || contentType === 'application/json') return false;
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (mediaType === STRUCTURED_MEDIA_TYPE) return true;
  if (!mediaType.startsWith('application/cloudevents')) return false;
  return rejectAttribute('headers.content-type', `of the structured formats only ${STRUCTURED_MEDIA_TYPE} is read, one event a record`);
}

const RULES: JsonRules = {
  path: 'value',
  maxDepth: MAX_NESTING + 1,
  nameOf: (segments) => (segments[0] === 'data' ? jsonPath('payload', segments.slice(1)) : jsonPath('value', segments)),
};

export function readStructured(value: Buffer): StructuredEvent | RejectedRecord {
  const json = readJson(value, RULES);
  if (isRejected(json)) return json;
  const event = json.value;
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return rejectAttribute('value', 'a structured event is a JSON object');
  }
  return readMembers(event as Readonly<Record<string, unknown>>, value.length);
}

function readMembers(event: Readonly<Record<string, unknown>>, valueBytes: number): StructuredEvent | RejectedRecord {
  if (event['specversion'] !== '1.0') return rejectAttribute('value.specversion', 'specversion must be 1.0');
  const { type } = event;
  if (typeof type !== 'string' || type === '') return rejectAttribute('value.type', 'type must be a non-empty text');
  const subject = event['subject'] ?? null;
  if (subject !== null && typeof subject !== 'string') return rejectAttribute('value.subject', 'subject must be a text');
  return judgeData(event) ?? { type, subject, attributes: attributesOf(event), data: event['data'], members: event, valueBytes };
}

function judgeData(event: Readonly<Record<string, unknown>>): RejectedRecord | null {
  if (event['data_base64'] !== undefined) return rejectAttribute('value.data_base64', 'the payload must be JSON in data');
  const contentType = event['datacontenttype'] ?? 'application/json';
  if (typeof contentType === 'string' && /^[^;]*\bjson\s*(;|$)/i.test(contentType)) return null;
  return rejectAttribute('value.datacontenttype', 'the payload must be application/json');
}

function attributesOf(event: Readonly<Record<string, unknown>>): RawAttributes {
  return {
    id: attributeOf(event, 'id'),
    source: attributeOf(event, 'source'),
    time: attributeOf(event, 'time'),
    ingestionid: attributeOf(event, 'ingestionid'),
    sequence: attributeOf(event, 'sequence'),
    traceparent: attributeOf(event, 'traceparent'),
  };
}

/** In JSON a null attribute is an absent one. */
function attributeOf(event: Readonly<Record<string, unknown>>, attribute: string): RawAttribute {
  const value = event[attribute] ?? undefined;
  if (value === undefined || typeof value === 'string' || typeof value === 'number') return value;
  return rejectAttribute(attributePath(attribute), `${attribute} must be a text`);
}

export function judgeStructuredSubject(subject: string | null, key: string): RejectedRecord | null {
  if (subject === null || subject === key) return null;
  return reject('key-mismatch', 'value.subject', 'the subject must equal the record key; key records by their subject');
}
