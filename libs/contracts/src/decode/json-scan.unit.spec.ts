import * as fc from 'fast-check';
import { findDuplicateKey } from './duplicate-keys';
import { inspectJson } from './json-inspect';
import { scanJson } from './json-scan';

const scan = (text: string) => scanJson(Buffer.from(text));

describe('scanJson', () => {
  it.each([
    ['{}', 1],
    ['[[],[[]]]', 3],
    ['{"a":"[[[[{{{"}', 1],
    ['{"a\\"[":[1]}', 2],
    ['7', 0],
  ])('counts the levels of %s', (text, depth) => {
    expect(scan(text).depth).toBe(depth);
  });

  it('suspects nothing in an ordinary event', () => {
    const text =
      '{"id":"a","n":[1,-2.5,0.12345678901234567,3e-7],"t":"Zürich \\u00fc \\n \\\\ \\"x\\"","o":{"id":"a"},"l":[{"n":1},{"n":1}]}';
    expect(scan(text)).toEqual({ depth: 3, suspicious: false });
  });

  it('suspects everything that the exact inspection refuses', () => {
    const key = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"', '"constructor"', '"prototype"', '"\\ud800"', '"x\\u0000"', '""');
    const scalar = fc.constantFrom(
      '1',
      '-0.5',
      '1e5',
      '1E400',
      '12345678901234567890',
      '1e-9',
      '"\\udead"',
      '"\\u0000"',
      '"\\\\u0000"',
      '"ok"',
      'null',
    );
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
        fc
          .array(fc.tuple(key, tie('value')), { maxLength: 4 })
          .map((members) => `{${members.map(([name, item]) => `${name} : ${item}`).join()}}`),
      ),
    }));
    const property = fc.property(value, (text) => {
      const isRefused = inspectJson(text, JSON.parse(text), () => 'x') !== null;
      return !isRefused || scan(text).suspicious;
    });
    expect(() => fc.assert(property, { numRuns: 5000 })).not.toThrow();
  });

  it('is not fooled by two keys of one hash: they are looked at exactly, and pass', () => {
    // The hash is that of String.hashCode; "Aa" and "BB" are its best-known collision.
    expect(scan('{"Aa":1,"BB":2}').suspicious).toBe(true);
    expect(findDuplicateKey('{"Aa":1,"BB":2}')).toBeNull();
  });
});

describe('findDuplicateKey', () => {
  it('finds what a parser would lose, wherever it stands', () => {
    const unique = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 6 }), { minLength: 1, maxLength: 20 });
    const property = fc.property(unique, fc.nat(), fc.boolean(), (keys, pick, isNested) => {
      const members = keys.map((key) => `${JSON.stringify(key)}:{"x":[1,"]}"]}`);
      const wrap = (list: readonly string[]): string => (isNested ? `[0,{${list.join(' ,\n')}}]` : `{${list.join()}}`);
      expect(findDuplicateKey(wrap(members))).toBeNull();
      const twice = keys[pick % keys.length] as string;
      expect(findDuplicateKey(wrap([...members, `${JSON.stringify(twice)}:0`]))).toEqual(isNested ? [1, twice] : [twice]);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('reads a text of a million characters without needing stack for them', () => {
    expect(findDuplicateKey(`{"a":"${'\\n'.repeat(500_000)}","a":1}`)).toEqual(['a']);
  });
});
