import { samplePayload } from '@harvest/testing';
import * as fc from 'fast-check';
import { encodeEvent } from '../encode/encode-event';
import { EVENT_TYPES, type EventType } from '../events/event-types';
import { TOPIC_FAMILIES, type TopicFamily } from '../log/topics';
import { type DecodableRecord, decode } from './decode';
import type { Decoded } from './decoded';
import { inspectJson } from './json-inspect';

/** `FUZZ_RUNS=200000` for the long form. fast-check prints the seed of a failure. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 6000);
const SLOWEST_MS = 500;

const types = Object.keys(EVENT_TYPES) as EventType[];
const realRecords: readonly { readonly family: TopicFamily; readonly record: DecodableRecord }[] = types.flatMap((type) => {
  const payload = samplePayload(type);
  const event = { type, payload, id: 'e-1', source: 'fuzz', time: '2026-01-01T00:00:00Z', sequence: 5n, ingestionId: 'i-1' };
  const record = encodeEvent(event, { topicPrefix: 'signals.' });
  const { family } = EVENT_TYPES[type];
  return [
    { family, record },
    { family, record: structuredOf(record, type) },
  ];
});

function structuredOf(record: DecodableRecord, type: EventType): DecodableRecord {
  const envelope = `{"specversion":"1.0","type":"harvester.${type}.v1","id":"e-1","source":"fuzz","sequence":"5","data":`;
  const value = Buffer.from(`${envelope}${record.value?.toString() ?? 'null'}}`);
  return { key: record.key, value, headers: { 'content-type': Buffer.from('application/cloudevents+json') } };
}

/** Pieces that have broken decoders before. */
const nastyPieces = [
  '\\u0000',
  '\\ud800',
  '\\',
  '"',
  '[',
  '{',
  '}',
  '1e400',
  '9007199254740993',
  '"__proto__":',
  '"a":1,"a":',
  '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[',
  '\0',
  '\ufeff',
  '2024-02-30',
  '-',
  '1e',
  '.5',
  ',,',
].map((piece) => Buffer.from(piece));
const piece = fc.oneof(
  fc.constantFrom(...nastyPieces),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
);

/** Replaces up to eight bytes somewhere by a piece. */
const cut = fc.record({ at: fc.nat(1200), length: fc.nat(8), piece });
const cuts = fc.array(cut, { maxLength: 4 });
type Cut = typeof cut extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Buffer, mutations: readonly Cut[]): Buffer {
  return mutations.reduce<Buffer>((current, { at, length, piece: inserted }) => {
    const from = at % (current.length + 1);
    return Buffer.concat([current.subarray(0, from), inserted, current.subarray(from + length)]);
  }, bytes);
}

const mutated = fc
  .record({ pick: fc.constantFrom(...realRecords), value: cuts, key: fc.array(cut, { maxLength: 1 }), header: fc.nat(8), headerCuts: cuts })
  .map(({ pick, value, key, header, headerCuts }) => {
    const name = Object.keys(pick.record.headers)[header];
    const headers = { ...pick.record.headers };
    if (name !== undefined) headers[name] = mutate(headers[name] as Buffer, headerCuts.slice(1));
    const record = { key: mutate(pick.record.key as Buffer, key), value: mutate(pick.record.value as Buffer, value), headers };
    return { family: pick.family, record };
  });

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const arbitrary = fc
  .record({
    family: fc.constantFrom(...TOPIC_FAMILIES),
    key: fc.option(bytes),
    value: fc.option(bytes),
    pick: fc.constantFrom(...realRecords),
  })
  .map(({ family, key, value, pick }) => ({ family, record: { key, value, headers: pick.record.headers } }));

function judge({ family, record }: { family: TopicFamily; record: DecodableRecord }): Decoded {
  const started = performance.now();
  const decoded = decode(record, { family });
  expect(performance.now() - started).toBeLessThan(SLOWEST_MS);
  return decoded;
}

/** Whatever comes out may be stored and shown: the verdict's own texts, and all that an accepted payload holds. */
function isStorable(decoded: Decoded): boolean {
  if (decoded.kind !== 'event') return inspectJson('0', decoded, () => '') === null;
  const { sequence: _sequence, ...envelope } = decoded.envelope;
  return inspectJson('0', [decoded.subject, envelope, decoded.payload], () => '') === null;
}

it(`decode survives ${RUNS} mutations of real events`, () => {
  const property = fc.property(mutated, (input) => isStorable(judge(input)));
  expect(() => fc.assert(property, { numRuns: RUNS })).not.toThrow();
}, 600_000);

it(`decode survives ${RUNS} random values, keys and topics`, () => {
  const property = fc.property(arbitrary, (input) => isStorable(judge(input)));
  expect(() => fc.assert(property, { numRuns: RUNS })).not.toThrow();
}, 600_000);

it('mutations reach beyond the first check: most codes occur', () => {
  const seen = new Set<string>();
  for (const input of fc.sample(mutated, 5000)) {
    const decoded = decode(input.record, input);
    seen.add(decoded.kind === 'rejected' ? decoded.code : decoded.kind);
  }
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'event',
      'invalid-json',
      'invalid-utf8',
      'payload-invalid',
      'key-mismatch',
      'nul-character',
      'impossible-date',
    ]),
  );
});

it.each([
  ['a million open brackets', '['.repeat(1_000_000), 'invalid-json'],
  ['a million nested lists', '['.repeat(500_000) + ']'.repeat(500_000), 'nesting-too-deep'],
  ['half a million wrong elements', `{"artifactId":"a","references":[${'0,'.repeat(500_000)}0]}`, 'payload-invalid'],
  ['a hundred thousand keys', `{${Array.from({ length: 90_000 }, (_, index) => `"k${index}":1`).join()}}`, 'payload-invalid'],
  ['keys of one hash', `{${Array.from({ length: 2 ** 14 }, (_, index) => `"${collidingKey(index)}":1`).join()}}`, 'payload-invalid'],
  ['a number of a million digits', '1'.repeat(1_000_000), 'number-out-of-range'],
  ['a text of escapes', `"${'\\ud83d\\ude00'.repeat(80_000)}"`, 'payload-invalid'],
])('decode does not hang on %s', (_name, text, code) => {
  const record = { ...(realRecords[0] as (typeof realRecords)[0]).record, value: Buffer.from(text) };
  const started = performance.now();
  expect(decode(record, { family: 'artifacts' })).toMatchObject({ kind: 'rejected', code });
  expect(performance.now() - started).toBeLessThan(2000);
});

function collidingKey(index: number): string {
  return Array.from({ length: 14 }, (_, bit) => ((index >> bit) & 1 ? 'Aa' : 'BB')).join('');
}
