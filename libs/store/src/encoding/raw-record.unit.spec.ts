import { decodeHeaders, encodeHeaders } from './headers';
import { ingestionIdOf } from './ingestion-id';

describe('headers', () => {
  it('come back byte for byte, whatever their names', () => {
    const headers = { a: Buffer.from([0, 255]), '': Buffer.alloc(0), 'é😀\u0000': Buffer.from('x'), ['__proto__']: Buffer.from('own') };
    const back = decodeHeaders(encodeHeaders(headers));
    expect(Object.entries(back)).toEqual(Object.entries(headers));
  });
});

describe('the ingestion that a raw record names', () => {
  const structured = { 'content-type': Buffer.from('application/cloudevents+json; charset=utf-8') };
  it.each([
    ['binary', { ce_ingestionid: Buffer.from('i1') }, null, 'i1'],
    ['structured', structured, '{"ingestionid":"i2"}', 'i2'],
    ['no JSON', structured, '{"ingestionid":', null],
    ['no text', structured, '{"ingestionid":7}', null],
    ['no object', structured, 'null', null],
    ['none', {}, '{"ingestionid":"data"}', null],
    ['NUL', { ce_ingestionid: Buffer.from('a\u0000b') }, null, null],
    ['empty', { ce_ingestionid: Buffer.alloc(0) }, null, null],
  ])('%s', (_name, headers, value, expected) => {
    expect(ingestionIdOf({ headers, value: value === null ? null : Buffer.from(value) })).toBe(expected);
  });
});
