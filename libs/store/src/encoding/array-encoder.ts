/** Postgres's binary form of one-dimensional arrays: cheaper for the backend to read and for us to write than text. */
export type ArrayType = 'text' | 'bytea' | 'int8' | 'int4' | 'int2' | 'bool';
export type ArrayValue = string | number | bigint | boolean | Buffer | null;

const OIDS: Record<ArrayType, number> = { text: 25, bytea: 17, int8: 20, int4: 23, int2: 21, bool: 16 };
const HEADER_BYTES = 20;
const FIRST_BYTES = 64 * 1024;
const MAX_INT8 = 2n ** 63n - 1n;
const MIN_INT8 = -(2n ** 63n);
/** A buffer that once grew beyond this is given back after use. */
const KEEP_BYTES = 8 * 1024 * 1024;

/**
 * Writes array parameters into one reused buffer. What `array` returns is a view that stays valid until the next `reset()`: pg
 * copies parameters when a statement is submitted, so one statement's arrays are encoded, submitted, and the buffer is free.
 */
export class ArrayEncoder {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private view = viewOf(this.buffer);
  private position = 0;

  reset(): void {
    this.position = 0;
    if (this.buffer.length > KEEP_BYTES) this.use(Buffer.allocUnsafe(FIRST_BYTES));
  }

  /**
   * @returns null when every value is null (or there is none): `unnest` pads the column, and nothing is sent.
   * @throws RangeError when an integer does not fit its type.
   */
  array<Row>(type: ArrayType, rows: readonly Row[], valueOf: (row: Row) => ArrayValue): Buffer | null {
    const start = this.position;
    this.reserve(HEADER_BYTES);
    this.position += HEADER_BYTES;
    let nulls = 0;
    for (const row of rows) {
      const value = valueOf(row);
      if (value !== null) this.element(type, value);
      else {
        nulls += 1;
        this.reserve(4);
        this.int32(-1);
      }
    }
    if (nulls === rows.length) {
      this.position = start;
      return null;
    }
    this.header(start, OIDS[type], { count: rows.length, hasNulls: nulls > 0 });
    return this.buffer.subarray(start, this.position);
  }

  private header(start: number, oid: number, array: { count: number; hasNulls: boolean }): void {
    const end = this.position;
    this.position = start;
    this.int32(1);
    this.int32(array.hasNulls ? 1 : 0);
    this.int32(oid);
    this.int32(array.count);
    this.int32(1);
    this.position = end;
  }

  private element(type: ArrayType, value: Exclude<ArrayValue, null>): void {
    switch (type) {
      case 'text':
        return this.text(value as string);
      case 'bytea':
        return this.bytes(value as Buffer);
      case 'int8':
        return this.int8(value as number | bigint);
      case 'int4':
        return this.int4(value as number);
      case 'int2':
        return this.int2(value as number);
      case 'bool':
        this.reserve(5);
        this.int32(1);
        this.buffer[this.position++] = value ? 1 : 0;
    }
  }

  private text(value: string): void {
    this.reserve(4 + value.length * 3);
    const written = this.buffer.write(value, this.position + 4);
    this.int32(written);
    this.position += written;
  }

  private bytes(value: Buffer): void {
    this.reserve(4 + value.length);
    this.int32(value.length);
    this.position += value.copy(this.buffer, this.position);
  }

  private int8(value: number | bigint): void {
    this.reserve(12);
    this.int32(8);
    if (typeof value === 'bigint') return this.bigint(value);
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
    this.int32(Math.floor(value / 0x1_0000_0000));
    this.int32(value | 0);
  }

  /** By a DataView, which wraps around in silence but makes nothing; the Buffer's own method makes four bigints of one. */
  private bigint(value: bigint): void {
    if (value > MAX_INT8 || value < MIN_INT8) throw new RangeError(`not an int8: ${value}`);
    this.view.setBigInt64(this.position, value);
    this.position += 8;
  }

  private int4(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`not an int4: ${value}`);
    this.reserve(8);
    this.int32(4);
    this.int32(value);
  }

  private int2(value: number): void {
    if (value !== (value << 16) >> 16) throw new RangeError(`not an int2: ${value}`);
    this.reserve(6);
    this.int32(2);
    this.buffer[this.position++] = value >> 8;
    this.buffer[this.position++] = value;
  }

  private int32(value: number): void {
    const buffer = this.buffer;
    buffer[this.position++] = value >> 24;
    buffer[this.position++] = value >> 16;
    buffer[this.position++] = value >> 8;
    buffer[this.position++] = value;
  }

  private reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.position + bytes));
    this.buffer.copy(larger, 0, 0, this.position);
    this.use(larger);
  }

  private use(buffer: Buffer<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = viewOf(buffer);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);
