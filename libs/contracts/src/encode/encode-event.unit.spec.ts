import { decode } from '../decode/decode';
import { EVENT_TYPES } from '../events/event-types';
import { canonicalJson } from './canonical-json';
import { encodeEvent, encodeTombstone } from './encode-event';
import { samplePayload } from '@harvest/testing';
import type { EventType } from '../events/event-types';

const OPTIONS = { topicPrefix: 'signals.' };
const IDENTITY = { id: 'e-1', source: 'tests' };
const types = Object.keys(EVENT_TYPES) as EventType[];

describe('encodeEvent', () => {
  it.each(types)('%s comes back from decode as it went in', (type) => {
    const payload = samplePayload(type);
    const record = encodeEvent({ type, payload, ...IDENTITY, time: '2026-01-02T03:04:05Z', ingestionId: 'i-1', sequence: 7n }, OPTIONS);
    const { family, subjectField } = EVENT_TYPES[type];

    expect(record.topic).toBe(`signals.${family}.v1`);
    expect(decode(record, { family })).toEqual({
      kind: 'event',
      type,
      subject: (payload as Record<string, unknown>)[subjectField],
      envelope: { id: 'e-1', source: 'tests', time: '2026-01-02T03:04:05Z', ingestionId: 'i-1', sequence: 7n, traceparent: null },
      payload,
    });
  });

  it('gives equal facts equal bytes, whatever the order of their members', () => {
    const one = encodeEvent({ ...IDENTITY, type: 'score.computed', payload: { artifactId: 'a', discoveryScore: 5, model: 'm' } }, OPTIONS);
    const two = encodeEvent(
      {
        id: 'other',
        source: 's',
        type: 'score.computed',
        payload: { model: 'm', discoveryScore: 5.0, artifactId: 'a', novelty: undefined },
      },
      OPTIONS,
    );
    expect(two.value).toEqual(one.value);
  });

  it.each([
    ['a score that is not finite', { artifactId: 'a', discoveryScore: Number.NaN }],
    ['a score out of range', { artifactId: 'a', discoveryScore: 101 }],
    ['a payload without id', { discoveryScore: 1 } as never],
  ])('refuses %s with a code', (_name, payload) => {
    expect(() => encodeEvent({ ...IDENTITY, type: 'score.computed', payload }, OPTIONS)).toThrow(
      expect.objectContaining({ name: 'HarvestError', code: 'event-invalid' }),
    );
  });

  it('names the rejection that the decoder would give', () => {
    const payload = { ...samplePayload('artifact.observed'), publishedAt: '2024-02-30' };
    expect(() => encodeEvent({ ...IDENTITY, type: 'artifact.observed', payload }, OPTIONS)).toThrow(
      expect.objectContaining({ context: { rejection: 'impossible-date', path: 'payload.publishedAt' } }),
    );
  });

  it('refuses a forbidden key instead of losing it on the way', () => {
    const attributes = JSON.parse('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    const payload = { ...samplePayload('artifact.observed'), attributes };
    expect(() => encodeEvent({ ...IDENTITY, type: 'artifact.observed', payload }, OPTIONS)).toThrow(
      expect.objectContaining({ context: { rejection: 'forbidden-key', path: 'payload.attributes.__proto__' } }),
    );
  });

  it('makes a tombstone of an artifact', () => {
    expect(decode(encodeTombstone('a:1', OPTIONS), { family: 'artifacts' })).toEqual({ kind: 'tombstone', subject: 'a:1' });
  });
});

describe('canonicalJson', () => {
  it.each([[1n], [() => 1], [new Date(0)], [{ a: Infinity }], [[undefined]]])('refuses %p, which JSON cannot say', (value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'event-invalid' }));
  });

  it('refuses an endless object instead of overflowing the stack', () => {
    const endless: Record<string, unknown> = {};
    endless['self'] = endless;
    expect(() => canonicalJson(endless)).toThrow(expect.objectContaining({ code: 'event-invalid' }));
  });
});
