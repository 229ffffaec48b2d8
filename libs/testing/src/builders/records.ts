import { decode, type DecodableRecord, type Decoded, eventName, type EventType, type TopicFamily } from '@harvest/contracts';

/** Header texts as a producer sends them; undefined leaves one out. */
export type HeaderTexts = Readonly<Record<string, string | Buffer | undefined>>;

export interface RawRecord {
  readonly key?: string | Buffer | null;
  /** Texts and buffers as they are, everything else as JSON. */
  readonly value?: unknown;
  readonly headers?: HeaderTexts;
}

/** A binary CloudEvent whose every part can be spoilt: what is given replaces what would be valid. */
export function aBinaryRecord(type: EventType, raw: RawRecord): DecodableRecord {
  const headers = { ce_specversion: '1.0', ce_type: eventName(type), ce_id: 'e-1', ce_source: 'tests', ...raw.headers };
  return { key: bytesOf(raw.key ?? null), value: valueBytes(raw.value ?? null), headers: headerBytes(headers) };
}

/** A structured CloudEvent; `members` replace those that would be valid, `data` is the payload. */
export function aStructuredRecord(
  type: EventType,
  raw: RawRecord & { readonly members?: Readonly<Record<string, unknown>> },
): DecodableRecord {
  const event = { specversion: '1.0', type: eventName(type), id: 'e-1', source: 'tests', data: raw.value, ...raw.members };
  const headers = { 'content-type': 'application/cloudevents+json', ...raw.headers };
  return { key: bytesOf(raw.key ?? null), value: valueBytes(event), headers: headerBytes(headers) };
}

export function decodeIn(family: TopicFamily, record: DecodableRecord): Decoded {
  return decode(record, { family });
}

function bytesOf(text: string | Buffer | null): Buffer | null {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

function valueBytes(value: unknown): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

function headerBytes(texts: HeaderTexts): Record<string, Buffer> {
  const headers: Record<string, Buffer> = {};
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) headers[name] = Buffer.from(text as string);
  return headers;
}
