import type { LogHeaders } from '@harvest/contracts';
import type { ByteReader } from './byte-reader';

const EMPTY = Buffer.alloc(0);
/** Bounds of what is remembered. */
const MAX_PLACES = 32;
const MAX_REMEMBERED_BYTES = 96;
/** So many values in a row that differ: this header differs from record to record. */
const PATIENCE = 16;

/**
 * What stood at one place of the last record's headers. Names, and half of the values (type, source, content type), are the same in
 * millions of records in a row. To compare their bytes makes nothing; a text and a Buffer for each were a seventh of all young garbage.
 */
class Place {
  private nameBytes = EMPTY;
  private nameText = '';
  private valueBytes = EMPTY;
  private misses = 0;

  /** What has just been passed over, from `start` to where the reader stands. */
  name(reader: ByteReader, start: number): string {
    if (reader.hasPassed(this.nameBytes, start)) return this.nameText;
    const bytes = reader.bytes.subarray(start, reader.position);
    const text = bytes.toString('utf8');
    if (bytes.length > MAX_REMEMBERED_BYTES) return text;
    this.nameBytes = Buffer.from(bytes);
    this.nameText = text;
    this.misses = 0;
    return text;
  }

  /** The same: a copy that records share, which nobody writes into; or a view of this record's own bytes. */
  value(reader: ByteReader, start: number): Buffer {
    const isRemembered = this.misses < PATIENCE && reader.position - start <= MAX_REMEMBERED_BYTES;
    if (!isRemembered) return reader.bytes.subarray(start, reader.position);
    if (reader.hasPassed(this.valueBytes, start)) this.misses = 0;
    else {
      this.misses += 1;
      this.valueBytes = Buffer.from(reader.bytes.subarray(start, reader.position));
    }
    return this.valueBytes;
  }
}

/** For the thread: headers are read synchronously. */
const places = Array.from({ length: MAX_PLACES }, () => new Place());

/** Of headers of one name the last counts, as in the Java client; a null value is empty. */
export function readHeaders(reader: ByteReader): LogHeaders {
  const headers: Record<string, Buffer> = {};
  const count = reader.varint();
  for (let index = 0; index < count; index += 1) {
    const place = index < MAX_PLACES ? (places[index] as Place) : new Place();
    const name = place.name(reader, reader.passVarBytes());
    const value = place.value(reader, reader.passVarBytes());
    if (name === '__proto__') defineHeader(headers, name, value);
    else headers[name] = value;
  }
  return headers;
}

/** As an own property: assigning would replace the prototype. (An object without one is read and written 20 % slower.) */
function defineHeader(headers: Record<string, Buffer>, name: string, value: Buffer): void {
  Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
}
