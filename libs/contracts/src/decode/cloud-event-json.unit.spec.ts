import { samplePayload } from '@harvest/testing';
import { EVENT_TYPES, type EventType } from '../events/event-types';
import { decodeCloudEventJson, judgeCloudEvent, type JudgedEvent } from './cloud-event-json';
import { decode } from './decode';
import { eventName } from './event-name';

const OPTIONS = { topicPrefix: 't.', maxEvents: 5 };
const types = Object.keys(EVENT_TYPES) as EventType[];

function cloudEvent(type: EventType, members: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const data = samplePayload(type) as Record<string, unknown>;
  return {
    specversion: '1.0',
    type: eventName(type),
    id: 'e-1',
    source: 's',
    subject: data[EVENT_TYPES[type].subjectField],
    data,
    ...members,
  };
}

function judged(text: string | Buffer): readonly JudgedEvent[] {
  const batch = decodeCloudEventJson(Buffer.from(text as string), OPTIONS);
  if (batch.kind !== 'judged') throw new Error(`the batch was not judged: ${JSON.stringify(batch)}`);
  return batch.events;
}

describe('decodeCloudEventJson', () => {
  it.each(types)('a record made of %s decodes to the very event that was judged', (type) => {
    const text = JSON.stringify([cloudEvent(type, { time: '2026-01-01T00:00:00Z', sequence: 3, ingestionid: 'i', vendorext: true })]);
    const [event] = judged(text);
    expect(event?.decoded).toMatchObject({ kind: 'event', type });
    const { record } = event as JudgedEvent;
    expect(record?.topic).toBe(`t.${EVENT_TYPES[type].family}.v1`);
    expect(record?.headers['ce_vendorext']?.toString()).toBe('true');
    expect(decode(record as NonNullable<typeof record>, { family: EVENT_TYPES[type].family })).toEqual(event?.decoded);
  });

  it('judges each element on its own bytes: what parsing the batch would hide is seen', () => {
    const good = JSON.stringify(cloudEvent('score.computed'));
    const twice = good.replace('"artifactId":"a:1"', '"artifactId":"a:2","artifactId":"a:1"');
    const huge = good.replace('"novelty":0', '"novelty":1e400');
    const events = judged(` [ ${good} ,\n${twice},${huge}, 7, "te\\\\\\"xt,]" ] `);
    expect(events.map(({ decoded }) => ('code' in decoded ? decoded.code : decoded.kind))).toEqual([
      'event',
      'duplicate-key',
      'number-out-of-range',
      'envelope-invalid',
      'envelope-invalid',
    ]);
    expect(events.map(({ bytes }) => bytes.toString())).toEqual([good, twice, huge, '7', '"te\\\\\\"xt,]"']);
    expect(events.map(({ record }) => record !== null)).toEqual([true, false, false, false, false]);
  });

  it('keeps the payload as it was written, unknown fields and spaces included', () => {
    const data = '{ "artifactId": "a:1", "discoveryScore": 5.0, "later": {"x": [1, "}"]} }';
    const text = JSON.stringify(cloudEvent('score.computed', { data: 0 })).replace('"data":0', `"data" : ${data} `);
    expect(judged(text)[0]?.record?.value?.toString()).toBe(data);
  });

  it('finds the payload under an escaped name', () => {
    const text = JSON.stringify(cloudEvent('score.computed')).replace('"data":', '"d\\u0061ta":');
    expect(judged(text)[0]?.record?.value?.toString()).toBe(JSON.stringify(samplePayload('score.computed')));
  });

  it('takes one event without a list, and an empty list', () => {
    expect(judged(JSON.stringify(cloudEvent('score.computed')))).toHaveLength(1);
    expect(judged(' [ ] ')).toEqual([]);
  });

  it('needs a subject, because there is no other key', () => {
    const [event] = judged(JSON.stringify(cloudEvent('score.computed', { subject: undefined })));
    expect(event).toMatchObject({ decoded: { code: 'key-missing', path: 'value.subject' }, record: null });
  });

  it('gives an unknown type no record', () => {
    const [event] = judged(JSON.stringify(cloudEvent('score.computed', { type: 'com.example.other' })));
    expect(event).toMatchObject({ decoded: { kind: 'ignored', type: 'com.example.other' }, record: null });
  });

  it.each([
    ['broken UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), 'invalid-utf8'],
    ['broken JSON', '[{},', 'invalid-json'],
    ['an empty body', '', 'invalid-json'],
    ['a text', '"x"', 'envelope-invalid'],
  ])('%s refuses the whole batch', (_name, body, code) => {
    expect(decodeCloudEventJson(Buffer.from(body as string), OPTIONS)).toMatchObject({ kind: 'rejected', code });
  });

  it('judges no more than it was told to', () => {
    expect(decodeCloudEventJson(Buffer.from('[0,0,0,0,0]'), OPTIONS).kind).toBe('judged');
    expect(decodeCloudEventJson(Buffer.from(`[${'0,'.repeat(2_000_000)}0]`), OPTIONS)).toEqual({ kind: 'too-many-events' });
  });
});

it('judgeCloudEvent reads one line', () => {
  const line = Buffer.from(JSON.stringify(cloudEvent('artifact.retracted')));
  expect(judgeCloudEvent(line, OPTIONS)).toMatchObject({ decoded: { kind: 'event' }, record: { topic: 't.artifacts.v1' } });
});
