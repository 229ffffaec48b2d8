/** Reads Kafka's wire types. Reading past the end throws a RangeError. */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public position = 0,
  ) {}

  int8(): number {
    const value = this.bytes.readInt8(this.position);
    this.position += 1;
    return value;
  }

  int16(): number {
    const value = this.bytes.readInt16BE(this.position);
    this.position += 2;
    return value;
  }

  int32(): number {
    const value = this.bytes.readInt32BE(this.position);
    this.position += 4;
    return value;
  }

  int64(): bigint {
    const value = this.bytes.readBigInt64BE(this.position);
    this.position += 8;
    return value;
  }

  string(): string {
    return this.take(this.int16()).toString('utf8');
  }

  /** A view, not a copy. */
  take(length: number): Buffer {
    const end = this.position + length;
    if (length < 0 || end > this.bytes.length) throw new RangeError(`${length} bytes wanted at ${this.position} of ${this.bytes.length}`);
    const view = this.bytes.subarray(this.position, end);
    this.position = end;
    return view;
  }

  /** Zigzag varint; exact up to 53 bits, which timestamps and lengths never exceed. */
  varint(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined || byte >= 0x80) return this.longVarint();
    this.position += 1;
    return (byte >>> 1) ^ -(byte & 1);
  }

  private longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.bytes.readUInt8(this.position);
      this.position += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new RangeError(`a varint of more than 10 bytes at ${this.position}`);
  }

  /** Passes over length-prefixed bytes or text, null being empty; returns where they begin. */
  passVarBytes(): number {
    const length = Math.max(0, this.varint());
    const start = this.position;
    this.position += length;
    if (this.position > this.bytes.length) throw new RangeError(`${length} bytes wanted at ${start} of ${this.bytes.length}`);
    return start;
  }

  /** Whether the bytes from `start` to where the reader stands are these. */
  hasPassed(known: Buffer, start: number): boolean {
    const { bytes } = this;
    const { length } = known;
    if (this.position - start !== length) return false;
    for (let at = 0; at < length; at += 1) if (known[at] !== bytes[start + at]) return false;
    return true;
  }

  /** Length-prefixed bytes; -1 is null. */
  varBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.take(length);
  }
}
