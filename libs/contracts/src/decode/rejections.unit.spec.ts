import { aBinaryRecord, aStructuredRecord, decodeIn, type RawRecord, samplePayload } from '@harvest/testing';
import type { Decoded, RejectedRecord } from './decoded';
import { MAX_VALUE_BYTES } from './json-bytes';
import { MAX_ATTRIBUTES_BYTES } from './payload';
import { REJECTION_CODES, type RejectionCode } from './rejection-codes';

const SCORE = { artifactId: 'a:1', discoveryScore: 50 };
const OBSERVED = { ...samplePayload('artifact.observed'), artifactId: 'a:1' };

const score = (raw: RawRecord): Decoded => decodeIn('scores', aBinaryRecord('score.computed', { key: 'a:1', value: SCORE, ...raw }));
const observed = (fields: object): Decoded =>
  decodeIn('artifacts', aBinaryRecord('artifact.observed', { key: 'a:1', value: { ...OBSERVED, ...fields } }));
const attributes = (text: string): Decoded =>
  decodeIn('artifacts', aBinaryRecord('artifact.observed', { key: 'a:1', value: withAttributes(text) }));
const withAttributes = (text: string): string =>
  JSON.stringify({ ...OBSERVED, attributes: 0 }).replace('"attributes":0', `"attributes":${text}`);
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const padded = (bytes: number): string => JSON.stringify(SCORE) + ' '.repeat(bytes - JSON.stringify(SCORE).length);
const filler = (bytes: number): string => `{"a":"${'x'.repeat(bytes - 8)}"}`;

/** Each rule of the contract that a record can break, by the code it is rejected with. */
const BROKEN: Readonly<Record<RejectionCode, readonly (readonly [name: string, path: string, decoded: () => Decoded])[]>> = {
  'invalid-utf8': [
    [
      'a value that is not UTF-8',
      'value',
      () => score({ value: Buffer.from('{"artifactId":"a:1","discoveryScore":5,"model":"\xff"}', 'latin1') }),
    ],
    ['a key that is not UTF-8', 'key', () => score({ key: Buffer.from([0xc3, 0x28]) })],
    ['a header that is not UTF-8', 'headers.ce_id', () => score({ headers: { ce_id: Buffer.from([0xff]) } })],
    [
      'surrogates written as bytes',
      'value',
      () => score({ value: Buffer.concat([Buffer.from('"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"')]) }),
    ],
  ],
  'invalid-json': [
    ['a value that ends too early', 'value', () => score({ value: '{"artifactId":"a:1"' })],
    ['an empty value', 'value', () => score({ value: Buffer.alloc(0) })],
    ['two values', 'value', () => score({ value: '{} {}' })],
    ['a byte order mark', 'value', () => score({ value: `\ufeff${JSON.stringify(SCORE)}` })],
    ['a raw control character in a text', 'value', () => score({ value: '{"artifactId":"a:1\0"}' })],
    ['NaN', 'value', () => score({ value: '{"artifactId":"a:1","discoveryScore":NaN}' })],
  ],
  'nul-character': [
    ['an escaped U+0000 in a text', 'payload.title', () => observed({ title: 'a\0b' })],
    ['an escaped U+0000 in a key', 'payload.attributes.a\ufffd', () => attributes('{"a\\u0000":1}')],
    ['U+0000 in an unknown field', 'payload.later[0]', () => observed({ later: ['\0'] })],
    ['U+0000 in the record key', 'key', () => score({ key: 'a\0' })],
    ['U+0000 in a header', 'headers.ce_id', () => score({ headers: { ce_id: 'a\0' } })],
  ],
  'lone-surrogate': [
    ['a high one', 'payload.attributes.x', () => attributes('{"x":"\\ud800"}')],
    ['a low one in upper case', 'payload.attributes.x', () => attributes('{"x":"\\uDC00"}')],
    ['one in a key', 'payload.attributes.\ufffd', () => attributes('{"\\udfff":1}')],
    ['a pair in the wrong order', 'payload.attributes.x', () => attributes('{"x":"\\udc00\\ud800"}')],
  ],
  'nesting-too-deep': [
    ['the 65th level', 'value', () => attributes(`{"x":${nested(63)}}`)],
    ['a million levels', 'value', () => score({ value: nested(500_000) })],
    ['the 65th level of a structured event', 'value', () => structured({ value: { ...SCORE, x: JSON.parse(nested(64)) as unknown } })],
  ],
  'number-out-of-range': [
    ['1e400', 'payload.attributes.x', () => attributes('{"x":1e400}')],
    ['-1e400', 'payload.attributes.x', () => attributes('{"x":-1E400}')],
    ['a whole number above 2^53 - 1', 'payload.attributes.x[1]', () => attributes('{"x":[1,9007199254740992]}')],
    ['a whole number that would be rounded', 'payload.attributes.x', () => attributes('{"x":-9007199254740993}')],
    ['1e131071, which prints as 131 kB', 'payload.attributes.x', () => attributes('{"x":1e131071}')],
    ['a sequence above 2^53 - 1', 'headers.ce_sequence', () => score({ headers: { ce_sequence: '9007199254740992' } })],
  ],
  'forbidden-key': [
    ['__proto__', 'payload.attributes.__proto__', () => attributes('{"__proto__":{"admin":true}}')],
    ['constructor', 'payload.attributes.x.constructor', () => attributes('{"x":{"constructor":1}}')],
    ['prototype', 'payload.prototype', () => observed({ prototype: 1 })],
    ['__proto__ in escapes', 'payload.attributes.__proto__', () => attributes('{"\\u005f_proto__":1}')],
  ],
  'duplicate-key': [
    ['two equal keys', 'payload.attributes.a', () => attributes('{"a":1,"b":2,"a":1}')],
    ['two spellings of one key', 'payload.attributes.a', () => attributes('{"a":1,"\\u0061":2}')],
    ['a key of the payload', 'payload.artifactId', () => score({ value: '{"artifactId":"a:2","discoveryScore":1,"artifactId":"a:1"}' })],
    ['in an object within a list', 'payload.attributes.l[1].k', () => attributes('{"l":[{"k":1},{"k":1,"k":2}]}')],
    ['far beyond the keys that are tracked', 'payload.attributes.k4999', () => attributes(`{${manyKeys(5000)},"k4999":0}`)],
    ['beyond the keys that are tracked', 'payload.attributes.k1', () => attributes(`{${manyKeys(40)},"k1":0}`)],
    ['of a structured envelope', 'value.id', () => structuredText('{"specversion":"1.0","id":"1","id":"2"}')],
  ],
  'impossible-date': [
    ['30 February', 'payload.publishedAt', () => observed({ publishedAt: '2024-02-30' })],
    ['a year before 1900', 'payload.publishedAt', () => observed({ publishedAt: '1899' })],
    ['a year in UTC after 2100', 'payload.publishedAt', () => observed({ publishedAt: '2100-12-31T23:30:00-01:00' })],
    ['no date at all', 'payload.publishedAt', () => observed({ publishedAt: 'yesterday' })],
    ['a date-time without zone', 'payload.computedAt', () => score({ value: { ...SCORE, computedAt: '2024-01-01T00:00:00' } })],
    ['the time of the envelope', 'headers.ce_time', () => score({ headers: { ce_time: '2023-02-29T00:00:00Z' } })],
  ],
  'id-too-long': [
    ['a key of 513 bytes', 'key', () => score({ key: 'k'.repeat(513) })],
    ['a key of 171 three-byte characters', 'key', () => score({ key: '大'.repeat(171) })],
    ['a referenced id of 513 bytes', 'payload.references[0]', () => observed({ references: ['r'.repeat(513)] })],
    ['an event id of 513 bytes', 'headers.ce_id', () => score({ headers: { ce_id: 'i'.repeat(513) } })],
    ['a source of 513 bytes', 'payload.source', () => observed({ source: 's'.repeat(513) })],
  ],
  'key-missing': [
    ['no key', 'key', () => score({ key: null })],
    ['an empty key', 'key', () => score({ key: '' })],
    ['no key, though there is a subject', 'key', () => score({ key: null, headers: { ce_subject: 'a:1' } })],
    ['a tombstone without key', 'key', () => decodeIn('artifacts', { key: null, value: null, headers: {} })],
  ],
  'key-mismatch': [
    ['a payload id that differs', 'payload.artifactId', () => score({ key: 'a:2' })],
    ['a subject that differs', 'headers.ce_subject', () => score({ headers: { ce_subject: 'a:2' } })],
    ['a structured subject that differs', 'value.subject', () => structured({ members: { subject: 'a:2' } })],
  ],
  'value-too-large': [['one byte over 1 MiB', 'value', () => score({ value: padded(MAX_VALUE_BYTES + 1) })]],
  'attributes-too-large': [
    ['one byte over 64 KiB', 'payload.attributes', () => attributes(filler(MAX_ATTRIBUTES_BYTES + 1))],
    ['short numbers that print long', 'payload.attributes', () => attributes(`{"x":[${'1e15,'.repeat(4000)}0]}`)],
  ],
  'envelope-invalid': [
    ['no envelope', 'headers.ce_type', () => decodeIn('scores', { key: Buffer.from('a:1'), value: Buffer.from('{}'), headers: {} })],
    ['no id', 'headers.ce_id', () => score({ headers: { ce_id: undefined } })],
    ['an empty source', 'headers.ce_source', () => score({ headers: { ce_source: '' } })],
    ['another version of CloudEvents', 'headers.ce_specversion', () => score({ headers: { ce_specversion: '0.3' } })],
    ['a value that is not JSON by its type', 'headers.content-type', () => score({ headers: { 'content-type': 'application/avro' } })],
    ['a batch as one record', 'headers.content-type', () => score({ headers: { 'content-type': 'application/cloudevents-batch+json' } })],
    ['a negative sequence', 'headers.ce_sequence', () => score({ headers: { ce_sequence: '-1' } })],
    ['a fraction as sequence', 'value.sequence', () => structured({ members: { sequence: 1.5 } })],
    ['an id that is no text', 'value.id', () => structured({ members: { id: { kind: 'rejected' } } })],
    ['a list as structured event', 'value', () => structuredText('[]')],
    ['a structured payload in base64', 'value.data_base64', () => structured({ members: { data_base64: 'e30=' } })],
    ['a structured payload that is not JSON', 'value.datacontenttype', () => structured({ members: { datacontenttype: 'text/xml' } })],
  ],
  'unknown-version': [
    ['a later version of a known type', 'type', () => score({ headers: { ce_type: 'harvester.score.computed.v2' } })],
    ['a known type without version', 'type', () => score({ headers: { ce_type: 'harvester.score.computed' } })],
    ['a version that is no number', 'type', () => score({ headers: { ce_type: 'harvester.score.computed.vNext' } })],
  ],
  'wrong-topic': [
    ['a score among artifacts', 'type', () => decodeIn('artifacts', aBinaryRecord('score.computed', { key: 'a:1', value: SCORE }))],
  ],
  'payload-invalid': [
    ['a missing field', 'payload.discoveryScore', () => score({ value: { artifactId: 'a:1' } })],
    ['a score above 100', 'payload.discoveryScore', () => score({ value: { ...SCORE, discoveryScore: 100.01 } })],
    ['a list as payload', 'payload', () => score({ value: '[]' })],
    ['an unknown artifact type', 'payload.artifactType', () => observed({ artifactType: 'song' })],
    ['a nested field', 'payload.authors[1].name', () => observed({ authors: [{ name: 'Ada' }, { name: 5 }] })],
    ['an empty id', 'payload.references[0]', () => observed({ references: [''] })],
    ['a structured event without data', 'payload', () => structured({ value: undefined })],
  ],
  'tombstone-not-allowed': [
    ['a null value among scores', 'value', () => decodeIn('scores', { key: Buffer.from('a:1'), value: null, headers: {} })],
  ],
};

function structured(raw: Parameters<typeof aStructuredRecord>[1]): Decoded {
  return decodeIn('scores', aStructuredRecord('score.computed', { key: 'a:1', value: SCORE, ...raw }));
}

function structuredText(text: string): Decoded {
  const headers = { 'content-type': Buffer.from('application/cloudevents+json') };
  return decodeIn('scores', { key: Buffer.from('a:1'), value: Buffer.from(text), headers });
}

function manyKeys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":${index}`).join(',');
}

describe.each(Object.entries(BROKEN))('rejection %s', (code, examples) => {
  it.each(examples)('%s', (_name, path, decoded) => {
    expect(decoded()).toMatchObject({ kind: 'rejected', code, path });
  });

  it.each(examples)('says the rule and what to do, in a text that can be stored: %s', (_name, _path, decoded) => {
    const { reason, path } = decoded() as RejectedRecord;
    expect(reason).toMatch(/;/);
    for (const text of [reason, path]) {
      expect(text.length).toBeLessThanOrEqual(500);
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toMatch(/\p{Cc}/u);
    }
  });
});

it('every code has its examples', () => {
  expect(Object.keys(BROKEN).toSorted()).toEqual([...REJECTION_CODES].toSorted());
});
