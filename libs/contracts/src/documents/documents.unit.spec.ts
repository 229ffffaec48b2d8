import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { eventName } from '../decode/event-name';
import { REJECTION_CODES } from '../decode/rejection-codes';
import { EVENT_TYPES } from '../events/event-types';
import { eventTopics } from '../log/topics';
import { createAsyncApiDocument } from './async-api';
import { ALL_EVENT_TYPES, eventSchema } from './event-schemas';

const DOCS = join(__dirname, '../../../../docs/events');
/** The formatter pads tables. */
const readme = (): string => readFileSync(join(DOCS, 'README.md'), 'utf8').replaceAll(/ +/g, ' ');

/** What is committed. `UPDATE_DOCUMENTS=1` writes what should be. */
function committed(name: string, document: unknown): unknown {
  const path = join(DOCS, name);
  if (process.env['UPDATE_DOCUMENTS'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
  }
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

describe('the committed documents are current', () => {
  it.each(ALL_EVENT_TYPES)('the JSON Schema of %s', (type) => {
    const schema = eventSchema(type, 'draft-2020-12');
    expect(committed(`schemas/${eventName(type)}.json`, schema)).toEqual(schema);
  });

  it('no schema of a type that is gone', () => {
    expect(readdirSync(join(DOCS, 'schemas')).toSorted()).toEqual(ALL_EVENT_TYPES.map((type) => `${eventName(type)}.json`).toSorted());
  });

  it('the AsyncAPI document', () => {
    const document = createAsyncApiDocument();
    expect(committed('asyncapi.json', document)).toEqual(document);
  });
});

describe('the page on events', () => {
  it('lists every rejection code, and none that is gone', () => {
    const table = readme().split('## Rejections')[1]?.split('\n## ')[0] ?? '';
    const listed = [...table.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code = '']) => code);
    expect(new Set(listed)).toEqual(new Set(REJECTION_CODES));
  });

  it('lists every topic, its types and its key', () => {
    for (const topic of eventTopics('signals.')) expect(readme()).toContain(`| \`${topic}\` |`);
    for (const type of ALL_EVENT_TYPES)
      expect(readme()).toMatch(new RegExp(`^\\| .*\`${type}\`.*\\| \`${EVENT_TYPES[type].subjectField}\` \\|`, 'm'));
  });
});
