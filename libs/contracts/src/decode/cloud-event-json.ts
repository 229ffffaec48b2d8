import { EVENT_TYPES } from '../events/event-types';
import type { LogHeaders, RecordToAppend } from '../log/record';
import { topicName } from '../log/topics';
import { decodeStructuredEvent } from './decode';
import type { Decoded, HarvestEvent, RejectedRecord } from './decoded';
import { readEventName } from './event-name';
import { readText } from './json-bytes';
import { sliceElements, sliceMember } from './json-slices';
import { isRejected, printable, reject } from './rejection';
import { readStructured, type StructuredEvent } from './structured';

/** One structured CloudEvent that came without Kafka, and what the decoder makes of it. */
export interface JudgedEvent {
  /** Its own bytes: a view into the batch. */
  readonly bytes: Buffer;
  /** Never a tombstone. */
  readonly decoded: Decoded;
  /** For an event: the record to append, in the binary binding, with the payload's own bytes and all attributes. Else null. */
  readonly record: RecordToAppend | null;
}

export type JudgedBatch =
  | { readonly kind: 'judged'; readonly events: readonly JudgedEvent[] }
  /** More than `maxEvents`; none was judged. */
  | { readonly kind: 'too-many-events' }
  /** The batch as a whole is no UTF-8, no JSON, or neither an array nor an object. */
  | RejectedRecord;

/**
 * A CloudEvents JSON batch (an array of structured events) or a single structured event. Each is judged by the decoder on its own
 * bytes, so that nothing is lost that parsing the whole would lose: duplicate keys, 1e400. Total.
 */
export function decodeCloudEventJson(bytes: Buffer, options: { readonly topicPrefix: string; readonly maxEvents: number }): JudgedBatch {
  const text = readText(bytes, 'body');
  if (typeof text !== 'string') return text;
  const broken = judgeJson(text);
  if (broken) return broken;
  const first = text.trimStart().charAt(0);
  if (first === '{') return { kind: 'judged', events: [judgeCloudEvent(bytes, options)] };
  if (first !== '[') return reject('envelope-invalid', 'body', 'the body must be a CloudEvent or an array of CloudEvents');
  const elements = sliceElements(bytes, options.maxEvents);
  if (elements === null) return { kind: 'too-many-events' };
  return { kind: 'judged', events: elements.map((element) => judgeCloudEvent(element, options)) };
}

function judgeJson(text: string): RejectedRecord | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return reject('invalid-json', 'body', `the body is not JSON; correct it and send it again (${(error as Error).message})`);
  }
}

/** One structured CloudEvent, such as a line of an NDJSON file. Its `subject` becomes the key and decides the order. Total. */
export function judgeCloudEvent(bytes: Buffer, options: { readonly topicPrefix: string }): JudgedEvent {
  const event = readStructured(bytes);
  if (isRejected(event)) return { bytes, decoded: event, record: null };
  const decoded = judge(event);
  const record = decoded.kind === 'event' ? recordOf(decoded, { event, bytes, topicPrefix: options.topicPrefix }) : null;
  return { bytes, decoded, record };
}

function judge(event: StructuredEvent): Decoded {
  const name = readEventName(event.type);
  if (name.kind === 'unknown') return { kind: 'ignored', type: printable(name.name, 200) };
  if (event.subject === null || event.subject === '') {
    return reject('key-missing', 'value.subject', 'outside Kafka the subject is the key; give the id that the event is about as subject');
  }
  return decodeStructuredEvent(event, Buffer.from(event.subject), { family: EVENT_TYPES[name.type].family });
}

function recordOf(decoded: HarvestEvent, from: { event: StructuredEvent; bytes: Buffer; topicPrefix: string }): RecordToAppend {
  return {
    topic: topicName(from.topicPrefix, EVENT_TYPES[decoded.type].family),
    key: Buffer.from(decoded.subject),
    value: sliceMember(from.bytes, 'data'),
    headers: headersOf(from.event),
  };
}

const ATTRIBUTE_NAME = /^[a-z0-9]{1,64}$/;
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set(['data', 'data_base64', 'datacontenttype']);

/** Attributes that the house does not know are carried on. */
function headersOf(event: StructuredEvent): LogHeaders {
  const headers: Record<string, Buffer> = { 'content-type': Buffer.from('application/json') };
  for (const [name, value] of Object.entries(event.members)) {
    if (NOT_ATTRIBUTES.has(name) || !ATTRIBUTE_NAME.test(name)) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      headers[`ce_${name}`] = Buffer.from(String(value));
  }
  return headers;
}
