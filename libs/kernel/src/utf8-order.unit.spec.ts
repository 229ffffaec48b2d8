import fc from 'fast-check';
import { compareUtf8, utf8OrderOf } from './utf8-order';

describe('the order of UTF-8 bytes', () => {
  it('is that of the bytes, beyond the BMP too', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\uff5e', '\u{1f600}', 'a\uff5e', 'a\u{1f600}', 'a', ''));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (texts) => {
        const byBytes = [...texts].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        expect([...texts].sort(compareUtf8)).toEqual(byBytes);
        expect([...texts].sort(utf8OrderOf(texts))).toEqual(byBytes);
      }),
      { numRuns: 500 },
    );
  });
});
