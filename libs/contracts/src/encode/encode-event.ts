import { HarvestError } from '@harvest/kernel';
import { decode } from '../decode/decode';
import { eventName } from '../decode/event-name';
import { EVENT_TYPES, type EventType, type PayloadOf } from '../events/event-types';
import type { RecordToAppend } from '../log/record';
import { topicName } from '../log/topics';
import { canonicalJson } from './canonical-json';

export interface EventToEncode<T extends EventType> {
  readonly type: T;
  readonly payload: PayloadOf<T>;
  /** With `source` the identity of the event. */
  readonly id: string;
  readonly source: string;
  /** RFC 3339; when the fact happened. */
  readonly time?: string | undefined;
  readonly ingestionId?: string | undefined;
  /** The version of the subject's half. */
  readonly sequence?: bigint | undefined;
  readonly traceparent?: string | undefined;
}

const SPEC_VERSION = Buffer.from('1.0');
const JSON_CONTENT = Buffer.from('application/json');
const TYPE_NAMES = new Map((Object.keys(EVENT_TYPES) as EventType[]).map((type) => [type, Buffer.from(eventName(type))]));

/**
 * An event as a record of its topic: binary CloudEvents, keyed by its subject. Deterministic; equal payloads have equal value bytes.
 * @throws HarvestError `event-invalid` when the decoder would reject it, with the rejection's code and path in the context.
 */
export function encodeEvent<T extends EventType>(event: EventToEncode<T>, options: { readonly topicPrefix: string }): RecordToAppend {
  const { family, subjectField } = EVENT_TYPES[event.type];
  const subject = (event.payload as Readonly<Record<string, unknown>>)[subjectField];
  const key = Buffer.from(typeof subject === 'string' ? subject : '');
  const record = {
    topic: topicName(options.topicPrefix, family),
    key,
    value: Buffer.from(canonicalJson(event.payload)),
    headers: { ...headersOf(event), ce_subject: key },
  };
  const decoded = decode(record, { family });
  if (decoded.kind === 'event') return record;
  throw new HarvestError({
    code: 'event-invalid',
    message: decoded.kind === 'rejected' ? `${decoded.path}: ${decoded.reason}` : `${event.type} is no event`,
    context: decoded.kind === 'rejected' ? { rejection: decoded.code, path: decoded.path } : {},
  });
}

function headersOf(event: EventToEncode<EventType>): Record<string, Buffer> {
  const headers: Record<string, Buffer> = {
    ce_specversion: SPEC_VERSION,
    ce_type: TYPE_NAMES.get(event.type) ?? Buffer.from(eventName(event.type)),
    ce_id: Buffer.from(event.id),
    ce_source: Buffer.from(event.source),
    'content-type': JSON_CONTENT,
  };
  if (event.time !== undefined) headers['ce_time'] = Buffer.from(event.time);
  if (event.ingestionId !== undefined) headers['ce_ingestionid'] = Buffer.from(event.ingestionId);
  if (event.sequence !== undefined) headers['ce_sequence'] = Buffer.from(event.sequence.toString());
  if (event.traceparent !== undefined) headers['ce_traceparent'] = Buffer.from(event.traceparent);
  return headers;
}

/** The record that deletes an artifact: a null value. */
export function encodeTombstone(artifactId: string, options: { readonly topicPrefix: string }): RecordToAppend {
  return { topic: topicName(options.topicPrefix, 'artifacts'), key: Buffer.from(artifactId), value: null, headers: {} };
}
