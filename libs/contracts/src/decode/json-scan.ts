/** What one pass over the bytes of a valid JSON text shows. */
export interface JsonScan {
  /** The deepest nesting; the root container is level 1. */
  readonly depth: number;
  /** Something that only the exact inspection can judge: see `scanJson`. */
  readonly suspicious: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const MAX_TRACKED_DEPTH = 66;
const MAX_TRACKED_KEYS = 32;
/** Whole numbers of fewer digits are safe. */
const UNSAFE_DIGITS = 16;

/**
 * The hot path's only look at the raw bytes. It is cheap, so it errs towards suspicion, and never away from it:
 * suspicious are two keys of one object with the same hash, keys with an escape, more than 32 keys in one object, keys that look
 * like a forbidden one, escapes of NUL and of surrogates, whole numbers of 16 digits or more, and exponents that are not negative.
 * @param bytes a text that JSON.parse has accepted
 */
export function scanJson(bytes: Uint8Array): JsonScan {
  scanner.reset(bytes);
  scanner.run();
  return { depth: scanner.depth, suspicious: scanner.suspicious };
}

class Scanner {
  depth = 0;
  suspicious = false;
  private bytes: Uint8Array = new Uint8Array(0);
  private level = 0;
  private stringStart = 0;
  private stringEnd = 0;
  private stringHasEscape = false;
  private top = 0;
  /** Hashes of the keys of all open objects, innermost last. */
  private readonly keys = new Int32Array(MAX_TRACKED_DEPTH * MAX_TRACKED_KEYS + 1);
  private readonly base = new Int32Array(MAX_TRACKED_DEPTH + 1);

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.depth = this.level = this.top = 0;
    this.suspicious = false;
  }

  run(): void {
    const { bytes } = this;
    const { length } = bytes;
    let at = 0;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) at = this.string(at + 1);
      else if (byte === COLON) {
        this.key();
        at += 1;
      } else if (byte >= MINUS && byte < COLON) at = Math.max(this.number(at), at + 1);
      else {
        const folded = byte | 0x20;
        if (folded === OPEN) this.open();
        else if (folded === CLOSE) this.close();
        at += 1;
      }
    }
  }

  /** `[` and `{` differ in one bit, and so do `]` and `}`; an array simply has no keys. */
  private open(): void {
    this.level += 1;
    if (this.level > this.depth) this.depth = this.level;
    if (this.level <= MAX_TRACKED_DEPTH) this.base[this.level] = this.top;
  }

  private close(): void {
    if (this.level <= MAX_TRACKED_DEPTH) this.top = this.base[this.level] as number;
    this.level -= 1;
  }

  /** Returns the position after the closing quote. */
  private string(start: number): number {
    const { bytes } = this;
    const { length } = bytes;
    let at = start;
    this.stringHasEscape = false;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        this.escape(at + 1);
        at += 2;
      } else at += 1;
    }
    this.stringStart = start;
    this.stringEnd = at;
    return at + 1;
  }

  private escape(at: number): void {
    this.stringHasEscape = true;
    if (this.bytes[at] !== 0x75) return;
    const first = this.bytes[at + 1] as number;
    const second = this.bytes[at + 2] as number;
    const isNulLike = first === 0x30 && second === 0x30 && this.bytes[at + 3] === 0x30 && this.bytes[at + 4] === 0x30;
    const isSurrogate = (first | 0x20) === 0x64 && second >= 0x38;
    if (isNulLike || isSurrogate) this.suspicious = true;
  }

  private key(): void {
    if (this.level > MAX_TRACKED_DEPTH || this.stringHasEscape) {
      this.suspicious = true;
      return;
    }
    const first = this.base[this.level] as number;
    if (this.top - first >= MAX_TRACKED_KEYS || this.looksForbidden()) {
      this.suspicious = true;
      return;
    }
    const hash = this.hashOfString();
    for (let index = first; index < this.top; index += 1) if (this.keys[index] === hash) this.suspicious = true;
    this.keys[this.top] = hash;
    this.top += 1;
  }

  private hashOfString(): number {
    const { bytes, stringEnd } = this;
    let hash = 0;
    for (let at = this.stringStart; at < stringEnd; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    return hash;
  }

  private looksForbidden(): boolean {
    const length = this.stringEnd - this.stringStart;
    if (length !== 9 && length !== 11) return false;
    const first = this.bytes[this.stringStart];
    const second = this.bytes[this.stringStart + 1];
    return (first === 0x5f && second === 0x5f) || (first === 0x70 && second === 0x72) || (first === 0x63 && second === 0x6f);
  }

  private number(start: number): number {
    const { bytes } = this;
    const from = bytes[start] === MINUS ? start + 1 : start;
    let at = endOfDigits(bytes, from);
    if (at - from >= UNSAFE_DIGITS) this.suspicious = true;
    if (bytes[at] === 0x2e) at = endOfDigits(bytes, at + 1);
    if (((bytes[at] ?? 0) | 0x20) !== 0x65) return at;
    if (bytes[at + 1] !== MINUS) this.suspicious = true;
    return at + 2;
  }
}

function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at])) at += 1;
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** One for the thread: a scan is synchronous, and its result is read before the next begins. */
const scanner = new Scanner();
