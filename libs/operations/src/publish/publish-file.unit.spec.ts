import { readLine } from './line-formats';
import type { LineTarget } from './line-formats';
import { detectFormat, assertScoresFit } from './line-formats';

const TARGET: LineTarget = { ingestionId: 'file:x:run-1', topicPrefix: 'signals.', withDemoScores: true };
const PLAIN = {
  id: 'acl:1',
  source: 'acl-anthology',
  type: 'paper',
  title: 'On lines',
  authors: ['Ada'],
  extra: { datePrecision: 'year' },
  publishedAt: '1999-01-01',
};
const EVENT = {
  specversion: '1.0',
  id: 'e1',
  source: 's',
  type: 'harvester.score.computed.v1',
  subject: 'a:1',
  data: { artifactId: 'a:1', discoveryScore: 5 },
};

function read(line: unknown, format: 'cloud-events' | 'plain-artifacts' = 'plain-artifacts', target = TARGET) {
  const bytes =
    typeof line === 'string' ? Buffer.from(line) : Buffer.isBuffer(line) || line === null ? line : Buffer.from(JSON.stringify(line));
  return readLine({ number: 3, bytes }, format, target);
}

describe('a line to publish', () => {
  it('tells the format by the first line', () => {
    expect(detectFormat(Buffer.from(JSON.stringify(EVENT)))).toBe('cloud-events');
    expect(detectFormat(Buffer.from(JSON.stringify(PLAIN)))).toBe('plain-artifacts');
    expect(detectFormat(null)).toBe('plain-artifacts');
  });

  it('makes an artifact and its demo score, with ids of the run and the line', () => {
    const items = read(PLAIN);
    expect(items).toMatchObject([
      { type: 'artifact.observed', record: { topic: 'signals.artifacts.v1', key: Buffer.from('acl:1') } },
      { type: 'score.computed', record: { topic: 'signals.scores.v1', key: Buffer.from('acl:1') } },
    ]);
    expect('line' in items ? [] : items.map(({ record }) => record.headers['ce_id']?.toString())).toEqual([
      'file:x:run-1:3',
      'file:x:run-1:3:score',
    ]);
  });

  it('makes no score unless asked', () => {
    expect(read(PLAIN, 'plain-artifacts', { ...TARGET, withDemoScores: false })).toHaveLength(1);
  });

  it('keeps a CloudEvent as it is and names the ingestion when the event does not', () => {
    const [own, named] = [EVENT, { ...EVENT, ingestionid: 'mine' }].map((event) => read(event, 'cloud-events'));
    expect(own).toMatchObject([{ type: 'score.computed', record: { headers: { ce_ingestionid: Buffer.from('file:x:run-1') } } }]);
    expect(named).toMatchObject([{ record: { headers: { ce_ingestionid: Buffer.from('mine') } } }]);
  });

  it.each([
    ['no JSON', '{', 'plain-artifacts', 'invalid-json'],
    ['a missing title', { ...PLAIN, title: undefined }, 'plain-artifacts', 'payload-invalid'],
    ['a day that does not exist', { ...PLAIN, publishedAt: '2024-02-30' }, 'plain-artifacts', 'impossible-date'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'plain-artifacts', 'invalid-utf8'],
    ['a duplicate key', '{"id":"a","id":"b"}', 'plain-artifacts', 'duplicate-key'],
    ['a line that is too long', null, 'plain-artifacts', 'value-too-large'],
    ['an unknown type', { ...EVENT, type: 'harvester.comet.sighted.v1' }, 'cloud-events', 'unknown-type'],
    ['an event without subject', { ...EVENT, subject: undefined }, 'cloud-events', 'key-missing'],
    ['a plain line among events', PLAIN, 'cloud-events', 'envelope-invalid'],
  ] as const)('refuses %s with line, code, path and reason', (_name, line, format, code) => {
    expect(read(line, format)).toEqual({ line: 3, code, path: expect.any(String) as string, reason: expect.any(String) as string });
  });

  it('refuses demo scores for CloudEvents', () => {
    expect(() => assertScoresFit('cloud-events', true)).toThrow(expect.objectContaining({ code: 'scores-need-plain-artifacts' }));
  });
});
