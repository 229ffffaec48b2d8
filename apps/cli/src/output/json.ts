/** One document; positions and other 64-bit numbers as decimal strings, bytes as base64. */
export function toJson(value: unknown, isInteractive: boolean): string {
  return `${JSON.stringify(value, replaceUnspeakable, isInteractive ? 2 : undefined)}\n`;
}

function replaceUnspeakable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return isSerialisedBuffer(value) ? Buffer.from(value.data).toString('base64') : value;
}

/** `Buffer.toJSON` has run before the replacer sees it. */
function isSerialisedBuffer(value: unknown): value is { readonly type: 'Buffer'; readonly data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value &&
    Array.isArray(value.data)
  );
}
