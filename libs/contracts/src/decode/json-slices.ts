const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * The elements of a JSON array by their own bytes (views, no copies), or null when there are more than `limit`.
 * @param bytes an array that JSON.parse has accepted
 */
export function sliceElements(bytes: Buffer, limit: number): readonly Buffer[] | null {
  const elements: Buffer[] = [];
  let at = skipSpaces(bytes, skipSpaces(bytes, 0) + 1);
  while (!isClosing(bytes, at)) {
    if (elements.length >= limit) return null;
    const end = endOfValue(bytes, at);
    elements.push(bytes.subarray(at, end));
    at = skipComma(bytes, end);
  }
  return elements;
}

/**
 * The value of an object's member by its own bytes, or null when there is none of that name.
 * @param bytes an object that JSON.parse has accepted, without duplicate keys
 */
export function sliceMember(bytes: Buffer, name: string): Buffer | null {
  let at = skipSpaces(bytes, skipSpaces(bytes, 0) + 1);
  while (!isClosing(bytes, at)) {
    const endOfKey = endOfValue(bytes, at);
    const start = skipSpaces(bytes, skipSpaces(bytes, endOfKey) + 1);
    const end = endOfValue(bytes, start);
    if (JSON.parse(bytes.toString('utf8', at, endOfKey)) === name) return bytes.subarray(start, end);
    at = skipComma(bytes, end);
  }
  return null;
}

function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start] as number;
  if (first === QUOTE) return endOfString(bytes, start);
  return (first | 0x20) === OPEN ? endOfContainer(bytes, start) : endOfScalar(bytes, start);
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** `[` and `{` differ in one bit, and so do `]` and `}`. */
function endOfContainer(bytes: Buffer, start: number): number {
  let level = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    at = byte === QUOTE ? endOfString(bytes, at) : at + 1;
    const folded = byte | 0x20;
    if (folded === OPEN) level += 1;
    else if (folded === CLOSE) level -= 1;
    if (level === 0) break;
  }
  return at;
}

function endOfScalar(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== COMMA && !isClosing(bytes, at) && !isSpace(bytes[at])) at += 1;
  return at;
}

function skipComma(bytes: Buffer, from: number): number {
  const at = skipSpaces(bytes, from);
  return bytes[at] === COMMA ? skipSpaces(bytes, at + 1) : at;
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The end of the bytes closes too, so that no loop outruns them. */
function isClosing(bytes: Buffer, at: number): boolean {
  const byte = bytes[at];
  return byte === undefined || (byte | 0x20) === CLOSE;
}
