import {
  aBinaryRecord,
  anArtifactObserved,
  aStructuredRecord,
  aTombstone,
  decodeIn,
  type RawRecord,
  samplePayload,
} from '@harvest/testing';
import { EVENT_TYPES, type EventType } from '../events/event-types';
import { TOPIC_FAMILIES } from '../log/topics';
import { decode } from './decode';
import { MAX_VALUE_BYTES } from './json-bytes';
import { MAX_ATTRIBUTES_BYTES } from './payload';
import type { Upcaster } from './upcasters';

const SCORE = { artifactId: 'a:1', discoveryScore: 50 };
const types = Object.keys(EVENT_TYPES) as EventType[];

const score = (raw: RawRecord = {}) => decodeIn('scores', aBinaryRecord('score.computed', { key: 'a:1', value: SCORE, ...raw }));
const structured = (members: Readonly<Record<string, unknown>> = {}, headers = {}) =>
  decodeIn('scores', aStructuredRecord('score.computed', { key: 'a:1', value: SCORE, members, headers }));
const attributes = (json: string) => {
  const value = JSON.stringify({ ...samplePayload('artifact.observed'), artifactId: 'a', attributes: 0 });
  return decodeIn(
    'artifacts',
    aBinaryRecord('artifact.observed', { key: 'a', value: value.replace('"attributes":0', `"attributes":${json}`) }),
  );
};

describe('the two bindings of CloudEvents', () => {
  it.each(types)('%s is the same event in both', (type) => {
    const payload = samplePayload(type) as Record<string, unknown>;
    const { family, subjectField } = EVENT_TYPES[type];
    const key = payload[subjectField] as string;
    const binary = decodeIn(family, aBinaryRecord(type, { key, value: payload, headers: { ce_time: '2026-01-01T00:00:00Z' } }));
    expect(binary).toMatchObject({ kind: 'event', type, subject: key });
    const members = { time: '2026-01-01T00:00:00Z' };
    expect(decodeIn(family, aStructuredRecord(type, { key, value: payload, members }))).toEqual(binary);
  });

  it('reads every attribute of the envelope from headers', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { ce_time: '2026-01-01T00:00:00.5+02:00', ce_ingestionid: 'i-9', ce_sequence: '42', ce_traceparent: traceparent };
    expect(score({ headers: { ...headers, ce_subject: 'a:1' } })).toMatchObject({
      envelope: { id: 'e-1', source: 'tests', time: '2026-01-01T00:00:00.5+02:00', ingestionId: 'i-9', sequence: 42n, traceparent },
    });
  });

  it('reads the media type of a structured event without its parameters and in any case', () => {
    expect(structured({}, { 'content-type': 'Application/CloudEvents+JSON; charset=UTF-8' })).toMatchObject({ kind: 'event' });
  });

  it('takes a null attribute of a structured event for an absent one', () => {
    const envelope = { time: null, ingestionId: null, sequence: null, traceparent: null };
    expect(structured({ time: null, ingestionid: null, sequence: null, subject: null, traceparent: null })).toMatchObject({ envelope });
  });

  it('takes a binary event without content type for JSON', () => {
    expect(score({ headers: { 'content-type': undefined } })).toMatchObject({ kind: 'event' });
  });
});

describe('sequence', () => {
  it.each([
    ['0', 0n],
    ['007', 7n],
    ['9007199254740991', 9_007_199_254_740_991n],
  ])('the decimal text %s is a number', (text, sequence) => {
    expect(score({ headers: { ce_sequence: text } })).toMatchObject({ envelope: { sequence } });
    expect(structured({ sequence: text })).toMatchObject({ envelope: { sequence } });
  });

  it('may be a JSON number', () => {
    expect(structured({ sequence: 12 })).toMatchObject({ envelope: { sequence: 12n } });
  });
});

describe('what is passed over and not refused', () => {
  it.each(['harvester.model.trained.v1', 'com.example.thing', 'harvester.score.computed-again.v1', 'constructor'])(
    'the unknown type %s is ignored, whatever its value',
    (type) => {
      expect(score({ headers: { ce_type: type }, value: Buffer.from([0xff]), key: null })).toEqual({ kind: 'ignored', type });
      expect(structured({ type })).toEqual({ kind: 'ignored', type });
    },
  );

  it('unknown fields are left out of the payload', () => {
    expect(score({ value: { ...SCORE, later: { much: 1 } } })).toMatchObject({ kind: 'event', payload: SCORE });
    expect(Object.keys((score({ value: { ...SCORE, later: 1 } }) as { payload: object }).payload)).toEqual(Object.keys(SCORE));
  });

  it('unreadable trace context costs the context and not the event', () => {
    expect(score({ headers: { ce_traceparent: 'nonsense' } })).toMatchObject({ kind: 'event', envelope: { traceparent: null } });
  });
});

it('keeps apart a field that is missing and one that is null', () => {
  const { payload } = score({ value: { ...SCORE, model: null } }) as { payload: object };
  expect(payload).toEqual({ ...SCORE, model: null });
  expect('novelty' in payload).toBe(false);
});

describe('tombstones', () => {
  it('a null value among artifacts deletes its key', () => {
    expect(decodeIn('artifacts', aTombstone('arxiv:1').record)).toEqual({ kind: 'tombstone', subject: 'arxiv:1' });
  });

  it.each(TOPIC_FAMILIES.filter((family) => family !== 'artifacts'))('is refused among %s', (family) => {
    expect(decodeIn(family, aTombstone('arxiv:1').record)).toMatchObject({ code: 'tombstone-not-allowed' });
  });
});

it.each(types)('%s is refused on every topic but its own', (type) => {
  const payload = samplePayload(type) as Record<string, unknown>;
  const record = aBinaryRecord(type, { key: payload[EVENT_TYPES[type].subjectField] as string, value: payload });
  const verdicts = TOPIC_FAMILIES.map((family) => [family, decodeIn(family, record)] as const);
  for (const [family, verdict] of verdicts) {
    expect(verdict).toMatchObject(family === EVENT_TYPES[type].family ? { kind: 'event' } : { code: 'wrong-topic' });
  }
});

describe('the borders that are still within the rules', () => {
  const padded = JSON.stringify(SCORE).padEnd(MAX_VALUE_BYTES, ' ');
  it.each([
    ['a value of exactly 1 MiB', () => score({ value: padded })],
    ['a key of exactly 512 bytes', () => score({ key: 'k'.repeat(512), value: { ...SCORE, artifactId: 'k'.repeat(512) } })],
    ['attributes of exactly 64 KiB', () => attributes(`{"a":"${'x'.repeat(MAX_ATTRIBUTES_BYTES - 8)}"}`)],
    ['attributes of 64 KiB whose escapes make the value longer', () => attributes(`{"a":"${'\\u0061'.repeat(MAX_ATTRIBUTES_BYTES - 8)}"}`)],
    ['the 64th level', () => attributes(`{"x":${'['.repeat(62)}${']'.repeat(62)}}`)],
    [
      'the 64th level of a structured payload',
      () => structured({ data: { ...SCORE, x: JSON.parse('['.repeat(63) + ']'.repeat(63)) as unknown } }),
    ],
    ['the largest whole numbers', () => attributes('[9007199254740991,-9007199254740991]'.replace(/^(.*)$/, '{"x":$1}'))],
    ['small exponents and long fractions', () => attributes('{"x":[1e-400,1.5E3,0.1234567890123456789,1e15,-0]}')],
    ['pairs of surrogates in escapes', () => attributes('{"x":"\\ud83d\\ude00","\\ud83d\\ude00":1}')],
    ['raw emoji and U+FFFD itself', () => attributes('{"x":"😀\ufffd"}')],
    ['the text \\u0000 with its backslash escaped', () => attributes('{"x":"\\\\u0000 \\\\ud800"}')],
    ['control characters in escapes', () => attributes('{"x":"\\u0001\\u001f\\u007f"}')],
    ['the same key in different objects', () => attributes('{"a":{"a":[{"a":1},{"a":1}]},"b":{"a":1}}')],
    ['keys of many letters in common', () => attributes('{"constructors":1,"_proto__":1,"prototypes":1,"toString":1}')],
    ['a hundred keys', () => attributes(`{${Array.from({ length: 100 }, (_, index) => `"k${index}":1`).join()}}`)],
  ])('%s', (_name, decoded) => {
    expect(decoded()).toMatchObject({ kind: 'event' });
  });
});

describe('older versions', () => {
  const lift: Upcaster = {
    type: 'score.computed',
    version: 0,
    upcast: (payload) => ({ artifactId: (payload as { id: string }).id, discoveryScore: 100 * (payload as { score: number }).score }),
  };
  const old = (value: unknown) =>
    aBinaryRecord('score.computed', { key: 'a:1', value, headers: { ce_type: 'harvester.score.computed.v0' } });

  it('are lifted to the current one on read', () => {
    const decoded = decode(old({ id: 'a:1', score: 0.5 }), { family: 'scores', upcasters: [lift] });
    expect(decoded).toMatchObject({ kind: 'event', type: 'score.computed', payload: SCORE });
  });

  it('are refused when nothing lifts them', () => {
    expect(decodeIn('scores', old({ id: 'a:1', score: 0.5 }))).toMatchObject({ code: 'unknown-version' });
  });

  it('that cannot be lifted are refused, not thrown', () => {
    expect(decode(old('null'), { family: 'scores', upcasters: [lift] })).toMatchObject({ code: 'payload-invalid', path: 'payload' });
  });

  it('are held to the current schema once lifted', () => {
    const decoded = decode(old({ id: 'a:1', score: 7 }), { family: 'scores', upcasters: [lift] });
    expect(decoded).toMatchObject({ code: 'payload-invalid', path: 'payload.discoveryScore' });
  });
});

it('does not answer with what it remembers of another record', () => {
  const first = anArtifactObserved({}, { source: 'one', ingestionId: 'i-1' }).record;
  const second = anArtifactObserved({}, { source: 'two', ingestionId: 'i-2' }).record;
  const third = anArtifactObserved({}, { source: 'two' }).record;
  const envelopes = [first, second, third, first].map((record) => (decodeIn('artifacts', record) as { envelope: unknown }).envelope);
  expect(envelopes).toMatchObject([
    { source: 'one', ingestionId: 'i-1' },
    { source: 'two', ingestionId: 'i-2' },
    { source: 'two', ingestionId: null },
    { source: 'one', ingestionId: 'i-1' },
  ]);
});
