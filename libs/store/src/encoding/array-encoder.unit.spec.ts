import { ArrayEncoder } from './array-encoder';

const encode = (type: Parameters<ArrayEncoder['array']>[0], values: readonly (string | number | bigint | boolean | Buffer | null)[]) =>
  new ArrayEncoder().array(type, values, (value) => value);

describe('binary arrays', () => {
  it('are led by dimensions, null flag, element type, count and lower bound', () => {
    expect(encode('int4', [1, null])?.toString('hex')).toBe(
      ['00000001', '00000001', '00000017', '00000002', '00000001', '0000000400000001', 'ffffffff'].join(''),
    );
  });

  it('keep the sign and every bit of an int8, given as number or bigint', () => {
    const hex = (value: number | bigint) => encode('int8', [value])?.subarray(24).toString('hex');
    for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1])
      expect(hex(value)).toBe(hex(BigInt(value)));
    expect(hex(-(2n ** 63n))).toBe('8000000000000000');
  });

  it('write text as UTF-8 of any length, growing the buffer', () => {
    const text = '€😀'.repeat(50_000);
    expect(encode('text', [text])?.subarray(24).toString()).toBe(text);
  });

  it('are null when every value is null', () => {
    expect(encode('int8', [null, null])).toBeNull();
  });

  it.each([
    ['int2', 40_000],
    ['int4', 2 ** 31],
    ['int4', 1.5],
    ['int8', 2 ** 53],
  ] as const)('refuse a %s of %d', (type, value) => {
    expect(() => encode(type, [value])).toThrow(RangeError);
  });

  it('do not overwrite each other until the buffer is reset', () => {
    const encoder = new ArrayEncoder();
    const first = encoder.array('text', ['a'], (value) => value);
    encoder.array('text', ['b'.repeat(100_000)], (value) => value);
    expect(first?.subarray(24).toString()).toBe('a');
  });
});
