import fc from 'fast-check';
import { ByteReader } from './byte-reader';
import { readHeaders } from './record-headers';

type Header = readonly [name: string, value: string | null];

/** Lengths below 64, whose zigzag varint is one byte. */
function bytesOf(headers: readonly Header[]): Buffer {
  const varBytes = (text: string | null) =>
    text === null ? Buffer.from([1]) : Buffer.concat([Buffer.from([2 * Buffer.byteLength(text)]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([2 * headers.length]), ...headers.flatMap(([name, value]) => [varBytes(name), varBytes(value)])]);
}

const read = (headers: readonly Header[]) => readHeaders(new ByteReader(bytesOf(headers)));
const textsOf = (headers: Readonly<Record<string, Buffer>>) => Object.entries(headers).map(([name, value]) => [name, value.toString()]);

describe('the headers of a record', () => {
  it('are those of its own bytes, whatever records came before', () => {
    const name = fc.constantFrom('ce_id', 'ce_type', 'ce_é', '', 'x');
    const value = fc.option(fc.constantFrom('', 'a', 'artifact.observed', 'score.computed', 'été', '\u{1F600}'.repeat(12)));
    const records = fc.array(fc.array(fc.tuple(name, value), { maxLength: 40 }), { maxLength: 30 });
    fc.assert(
      fc.property(records, (all) => {
        for (const headers of all)
          expect(textsOf(read(headers))).toEqual([...new Map(headers.map(([key, text]) => [key, text ?? ''])).entries()]);
      }),
      { numRuns: 300 },
    );
  });

  it('that repeat are one copy, which the batch’s bytes do not reach', () => {
    const bytes = bytesOf([['ce_type', 'artifact.observed']]);
    const first = readHeaders(new ByteReader(bytes))['ce_type'];
    const second = read([['ce_type', 'artifact.observed']])['ce_type'];
    bytes.fill(0);
    expect(second?.toString()).toBe('artifact.observed');
    expect(second).toBe(first);
  });

  it('that differ each time are views, copied no longer', () => {
    for (let index = 0; index < 40; index += 1) read([['ce_id', `id-${index}`]]);
    const bytes = bytesOf([['ce_id', 'id-99']]);
    const value = readHeaders(new ByteReader(bytes))['ce_id'];
    expect(value?.toString()).toBe('id-99');
    expect(value?.buffer).toBe(bytes.buffer);
  });

  it('named __proto__ are headers like others', () => {
    expect(textsOf(read([['__proto__', 'p']]))).toEqual([['__proto__', 'p']]);
  });

  it('that end before they are whole are a RangeError', () => {
    const bytes = bytesOf([['ce_id', 'abc']]);
    expect(() => readHeaders(new ByteReader(bytes.subarray(0, bytes.length - 1)))).toThrow(RangeError);
  });
});
