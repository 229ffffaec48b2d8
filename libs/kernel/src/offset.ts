/** A position in one partition of the log. Always named `lastProcessedOffset` or `nextOffset` (= last + 1). */
export type Offset = bigint & { readonly __brand: 'Offset' };

/** @throws RangeError when the value is negative or not an integer. */
export function toOffset(value: bigint | number | string): Offset {
  const offset = BigInt(value);
  if (offset < 0n) throw new RangeError(`an offset is never negative, got ${offset}`);
  return offset as Offset;
}

export function offsetAfter(offset: Offset): Offset {
  return (offset + 1n) as Offset;
}
