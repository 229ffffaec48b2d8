import { encodeEvent } from '../encode/encode-event';
import type { ArtifactObserved } from '../events/payloads';
import { isCloudEventLine, plainArtifactToEvent } from './plain-artifact';

const LINE = {
  id: 'acl:C65-1001',
  source: 'acl-anthology',
  type: 'paper',
  title: 'SOME QUESTIONS OF LANGUAGE THEORY',
  publishedAt: '1965-01-01',
  authors: ['S. Abraham', { name: 'F. Kiefer', handle: 'fk' }],
  topics: [{ name: 'COLING' }],
  references: ['acl:C65-1001'],
  extra: { datePrecision: 'year', aanVenue: 'COLING' },
};

const read = (line: unknown) => plainArtifactToEvent(Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)));

describe('plainArtifactToEvent', () => {
  it('maps a line to the payload of artifact.observed', () => {
    expect(read(LINE)).toEqual({
      kind: 'artifact',
      payload: {
        artifactId: 'acl:C65-1001',
        source: 'acl-anthology',
        artifactType: 'paper',
        title: 'SOME QUESTIONS OF LANGUAGE THEORY',
        publishedAt: '1965-01-01',
        publishedPrecision: 'year',
        authors: [{ name: 'S. Abraham' }, { name: 'F. Kiefer', handle: 'fk' }],
        topics: [{ name: 'COLING' }],
        references: ['acl:C65-1001'],
        attributes: { aanVenue: 'COLING' },
      },
    });
  });

  it('makes an event of every line that it accepts', () => {
    const { payload } = read(LINE) as { payload: ArtifactObserved };
    expect(encodeEvent({ type: 'artifact.observed', payload, id: '1', source: 'file' }, { topicPrefix: 't.' }).key?.toString()).toBe(
      LINE.id,
    );
  });

  it('leaves attributes out when extra holds nothing else', () => {
    const { payload } = read({ ...LINE, extra: { datePrecision: 'month' } }) as { payload: ArtifactObserved };
    expect(payload).not.toHaveProperty('attributes');
    expect(payload.publishedPrecision).toBe('month');
  });

  it('joins extra to attributes of the line', () => {
    const { payload } = read({ ...LINE, attributes: { a: 1, b: 1 }, extra: { b: 2 } }) as { payload: ArtifactObserved };
    expect(payload.attributes).toEqual({ a: 1, b: 2 });
  });

  it.each([
    ['no JSON', '{"id":', 'invalid-json', 'line'],
    ['a list', '[]', 'payload-invalid', 'line'],
    ['a duplicate key', '{"id":"a","id":"b"}', 'duplicate-key', 'line.id'],
    ['extra that is no object', { ...LINE, extra: 5 }, 'payload-invalid', 'line.extra'],
    ['no id', { ...LINE, id: undefined }, 'payload-invalid', 'payload.artifactId'],
    ['an unknown type', { ...LINE, type: 'song' }, 'payload-invalid', 'payload.artifactType'],
    ['an impossible date', { ...LINE, publishedAt: '1965-02-30' }, 'impossible-date', 'payload.publishedAt'],
    ['an unknown precision', { ...LINE, extra: { datePrecision: 'week' } }, 'payload-invalid', 'payload.publishedPrecision'],
    ['an author without name', { ...LINE, authors: [''] }, 'payload-invalid', 'payload.authors[0].name'],
  ])('refuses %s', (...row) => {
    const [, line, code, path] = row;
    expect(read(line)).toMatchObject({ kind: 'rejected', code, path });
  });
});

it.each([
  ['{"specversion":"1.0","type":"x"}', true],
  ['{"specversion": 3}', true],
  [JSON.stringify(LINE), false],
  ['{"id":"a","extra":{"specversion":"1.0"}}', false],
  ['{"title":"specversion', false],
  ['["specversion"]', false],
])('tells CloudEvents from plain artifacts: %s', (line, expected) => {
  expect(isCloudEventLine(Buffer.from(line))).toBe(expected);
});
