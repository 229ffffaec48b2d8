import type { LogHeaders } from '../log/record';
import type { RejectedRecord } from './decoded';
import { rejectAttribute } from './envelope';
import { readText } from './json-bytes';

/** Longer values are not worth remembering. */
const MAX_REMEMBERED_BYTES = 96;

/**
 * The text of one header. Type, source and content type are the same in millions of records in a row, so the last value is kept
 * with its bytes: comparing them costs a third of decoding them. It never changes an answer.
 */
export class HeaderReader {
  private bytes = Buffer.alloc(0);
  private text = '';

  constructor(private readonly name: string) {}

  /** Undefined: absent. A header that a client gave twice or not as bytes is refused. */
  read(headers: LogHeaders): string | undefined | RejectedRecord {
    const bytes: unknown = headers[this.name];
    if (bytes === undefined || bytes === null) return undefined;
    if (!Buffer.isBuffer(bytes)) return rejectAttribute(`headers.${this.name}`, `the header ${this.name} must stand once`);
    return this.isRemembered(bytes) ? this.text : this.decode(bytes);
  }

  private isRemembered(bytes: Buffer): boolean {
    const { bytes: remembered } = this;
    const { length } = bytes;
    if (length !== remembered.length) return false;
    for (let at = 0; at < length; at += 1) if (bytes[at] !== remembered[at]) return false;
    return true;
  }

  private decode(bytes: Buffer): string | RejectedRecord {
    const text = readText(bytes, `headers.${this.name}`);
    if (typeof text === 'string' && bytes.length <= MAX_REMEMBERED_BYTES) {
      // A copy: the record's bytes are a view into a whole fetched batch.
      this.bytes = Buffer.from(bytes);
      this.text = text;
    }
    return text;
  }
}

/** For headers that differ from record to record. */
export function readHeader(headers: LogHeaders, name: string): string | undefined | RejectedRecord {
  const bytes: unknown = headers[name];
  if (bytes === undefined || bytes === null) return undefined;
  if (!Buffer.isBuffer(bytes)) return rejectAttribute(`headers.${name}`, `the header ${name} must stand once`);
  return readText(bytes, `headers.${name}`);
}
