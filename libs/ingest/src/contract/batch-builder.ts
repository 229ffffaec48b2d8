/** Builds the bytes of Kafka's record batches (format 2) and fetch responses, for tests of the decoder. */
export interface BuiltRecord {
  readonly offsetDelta: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

export interface BatchOptions {
  readonly baseOffset: number;
  readonly lastOffsetDelta?: number;
  /** codec 0–4, 0x08 log append time, 0x10 transactional, 0x20 control */
  readonly attributes?: number;
  readonly producerId?: number;
  readonly recordCount?: number;
  /** Replaces the records' bytes, e.g. by compressed ones. */
  readonly body?: Buffer;
}

export function varint(value: number): Buffer {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  const bytes: number[] = [];
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function varBytes(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

export function recordBody(records: readonly BuiltRecord[]): Buffer {
  return Buffer.concat(
    records.map(({ offsetDelta, key, value, headers = [] }) => {
      const fields = [Buffer.from([0]), varint(offsetDelta * 10), varint(offsetDelta)];
      fields.push(varBytes(key === null ? null : Buffer.from(key)), varBytes(value), varint(headers.length));
      for (const [name, bytes] of headers) fields.push(varBytes(Buffer.from(name)), varBytes(bytes));
      return varBytes(Buffer.concat(fields));
    }),
  );
}

export function batch(records: readonly BuiltRecord[], options: BatchOptions): Buffer {
  const body = options.body ?? recordBody(records);
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(options.baseOffset), 0);
  header.writeInt32BE(49 + body.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(options.attributes ?? 0, 21);
  header.writeInt32BE(options.lastOffsetDelta ?? Math.max(0, records.length - 1), 23);
  header.writeBigInt64BE(1_000n, 27);
  header.writeBigInt64BE(9_000n, 35);
  header.writeBigInt64BE(BigInt(options.producerId ?? -1), 43);
  header.writeInt32BE(options.recordCount ?? records.length, 57);
  return Buffer.concat([header, body]);
}

/** A transaction's end, as the broker writes it. */
export function marker(baseOffset: number, producerId: number, kind: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]);
  const body = varBytes(Buffer.concat([Buffer.from([0, 0, 0]), varBytes(key), varBytes(Buffer.alloc(6)), varint(0)]));
  return batch([], { baseOffset, producerId, attributes: 0x30, recordCount: 1, body });
}

/** Version 11, one topic `t`, one entry per partition. */
export function fetchResponse(
  partitions: readonly { batches: Buffer; aborted?: readonly [number, number][]; errorCode?: number }[],
): Buffer {
  const parts: Buffer[] = [int32(0), int16(0), int32(0), int32(1), int16(1), Buffer.from('t'), int32(partitions.length)];
  partitions.forEach(({ batches, aborted = [], errorCode = 0 }, partition) => {
    parts.push(int32(partition), int16(errorCode), int64(500), int64(500), int64(0), int32(aborted.length));
    for (const [producerId, firstOffset] of aborted) parts.push(int64(producerId), int64(firstOffset));
    parts.push(int32(-1), int32(batches.length), batches);
  });
  return Buffer.concat(parts);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
