/** The order of `text COLLATE "C"`: by UTF-8 bytes. UTF-16 order (`<`) differs beyond the BMP. */
export function compareUtf8(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return orderOfUnits(a, b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above every other unit, so in UTF-8 they come last. */
function orderOfUnits(a: number, b: number): number {
  const aIsSurrogate = a >= 0xd800 && a <= 0xdfff;
  const bIsSurrogate = b >= 0xd800 && b <= 0xdfff;
  if (aIsSurrogate !== bIsSurrogate) return aIsSurrogate ? 1 : -1;
  return a - b;
}

const SURROGATE = /[\ud800-\udfff]/;
const compareUtf16 = (left: string, right: string): number => (left === right ? 0 : left < right ? -1 : 1);

/** What to sort these texts by: the engine's own `<`, at a third of the price, where it is the same order. */
export function utf8OrderOf(texts: Iterable<string>): (left: string, right: string) => number {
  for (const text of texts) if (SURROGATE.test(text)) return compareUtf8;
  return compareUtf16;
}
