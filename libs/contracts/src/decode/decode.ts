import { EVENT_TYPES, type EventType } from '../events/event-types';
import type { LogRecord } from '../log/record';
import type { TopicFamily } from '../log/topics';
import { headerPath, judgeBinarySubject, readBinaryAttributes, readBinaryType, readContentType } from './binary';
import type { Decoded, Envelope, HarvestEvent, RejectedRecord } from './decoded';
import { type RawAttributes, readEnvelope } from './envelope';
import { CURRENT_VERSION, readEventName } from './event-name';
import { type JsonRules, MAX_NESTING, readJson } from './json-bytes';
import { payloadPath } from './json-inspect';
import { readKey } from './key';
import { readPayload } from './payload';
import { type AttributePath, isRejected, printable, reject } from './rejection';
import { attributePath, judgeIsStructured, judgeStructuredSubject, readStructured, type StructuredEvent } from './structured';
import { findUpcaster, type Upcaster, UPCASTERS } from './upcasters';

/** What `decode` looks at; every `LogRecord` is one. */
export type DecodableRecord = Pick<LogRecord, 'key' | 'value' | 'headers'>;

export interface DecodeContext {
  /** The family of the topic that the record stands in. */
  readonly family: TopicFamily;
  readonly upcasters?: readonly Upcaster[];
}

/** How far a known type has been understood, whatever its binding. */
interface Draft {
  readonly type: EventType;
  readonly subject: string;
  readonly version: number | null;
  readonly attributes: RawAttributes;
  readonly pathOf: AttributePath;
  readonly valueBytes: number;
}

const BINARY_RULES: JsonRules = { path: 'value', nameOf: payloadPath, maxDepth: MAX_NESTING };

/**
 * Bytes → event, tombstone, ignored or rejected. Total: never throws, never waits, linear in the record's size, and depends on
 * nothing but its arguments. Rules and codes: docs/events.
 */
export function decode(record: DecodableRecord, context: DecodeContext): Decoded {
  if (record.value === null) return decodeTombstone(record.key, context.family);
  const contentType = readContentType(record.headers);
  if (typeof contentType === 'object') return contentType;
  const isStructured = judgeIsStructured(contentType);
  if (typeof isStructured === 'object') return isStructured;
  return isStructured ? decodeStructured(record, record.value, context) : decodeBinary(record, contentType, context);
}

function decodeTombstone(key: Buffer | null, family: TopicFamily): Decoded {
  const subject = readKey(key);
  if (typeof subject !== 'string') return subject;
  if (family === 'artifacts') return { kind: 'tombstone', subject };
  return reject('tombstone-not-allowed', 'value', 'only artifacts are deleted by a null value; send the event that takes the fact back');
}

function decodeBinary(record: DecodableRecord, contentType: string | undefined, context: DecodeContext): Decoded {
  const { headers, key } = record;
  const value = record.value as Buffer;
  const name = readBinaryType(headers, contentType);
  if (typeof name !== 'string') return name;
  const known = readKnownType(name, context);
  if (known.kind !== 'known') return known;
  const subject = readKey(key);
  if (typeof subject !== 'string') return subject;
  const mismatch = judgeBinarySubject(headers, key as Buffer);
  if (mismatch) return mismatch;
  const attributes = readBinaryAttributes(headers);
  const json = readJson(value, BINARY_RULES);
  if (isRejected(json)) return json;
  return finish({ ...known, subject, attributes, pathOf: headerPath, valueBytes: value.length }, json.value, context);
}

function decodeStructured(record: DecodableRecord, value: Buffer, context: DecodeContext): Decoded {
  const event = readStructured(value);
  return isRejected(event) ? event : decodeStructuredEvent(event, record.key, context);
}

/** The second half of decoding a structured event: its bytes are sound, its attributes are known. */
export function decodeStructuredEvent(event: StructuredEvent, key: Buffer | null, context: DecodeContext): Decoded {
  const known = readKnownType(event.type, context);
  if (known.kind !== 'known') return known;
  const subject = readKey(key);
  if (typeof subject !== 'string') return subject;
  const mismatch = judgeStructuredSubject(event.subject, subject);
  if (mismatch) return mismatch;
  const { attributes, valueBytes } = event;
  return finish({ ...known, subject, attributes, pathOf: attributePath, valueBytes }, event.data, context);
}

function readKnownType(name: string, context: DecodeContext) {
  const known = readEventName(name);
  if (known.kind === 'unknown') return { kind: 'ignored', type: printable(name, 200) } as const;
  const { family } = EVENT_TYPES[known.type];
  if (family === context.family) return judgeVersion(known, context) ?? known;
  return reject('wrong-topic', 'type', `${known.type} belongs in the topic of ${family}, not of ${context.family}; publish it there`);
}

function judgeVersion(known: { readonly type: EventType; readonly version: number | null }, context: DecodeContext): RejectedRecord | null {
  if (known.version === CURRENT_VERSION || findUpcaster(context.upcasters ?? UPCASTERS, known.type, known.version)) return null;
  return reject('unknown-version', 'type', `of ${known.type} version ${CURRENT_VERSION} is read; publish that, or update the reader first`);
}

function finish(draft: Draft, payload: unknown, context: DecodeContext): HarvestEvent | RejectedRecord {
  const envelope = readEnvelope(draft.attributes, draft.pathOf);
  if (isRejected(envelope)) return envelope;
  const current = lift(draft, payload, context);
  if (isRejected(current)) return current;
  const read = readPayload(draft.type, current.payload, draft.valueBytes);
  if (isRejected(read)) return read;
  return judgePayloadId(draft, read.payload) ?? eventOf(draft, envelope, read.payload);
}

function lift(draft: Draft, payload: unknown, context: DecodeContext): { readonly payload: unknown } | RejectedRecord {
  if (draft.version === CURRENT_VERSION) return { payload };
  const upcaster = findUpcaster(context.upcasters ?? UPCASTERS, draft.type, draft.version);
  try {
    return { payload: upcaster ? upcaster.upcast(payload) : payload };
  } catch (error) {
    return reject('payload-invalid', 'payload', `version ${draft.version} could not be lifted to ${CURRENT_VERSION}: ${String(error)}`);
  }
}

function judgePayloadId(draft: Draft, payload: unknown): RejectedRecord | null {
  const { subjectField } = EVENT_TYPES[draft.type];
  if ((payload as Readonly<Record<string, unknown>>)[subjectField] === draft.subject) return null;
  return reject('key-mismatch', `payload.${subjectField}`, `${subjectField} must equal the record key; key records by their subject`);
}

/** The schema of the type has just accepted the payload. */
function eventOf(draft: Draft, envelope: Envelope, payload: unknown): HarvestEvent {
  return { kind: 'event', type: draft.type, subject: draft.subject, envelope, payload } as HarvestEvent;
}
