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
