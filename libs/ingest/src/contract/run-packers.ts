/** Small packers for tests: valid for any reader of the format, good only at runs of one byte. */

const LZ4_BLOCK_BYTES = 65_536;
/** Magic, version 1 with independent blocks, blocks of 64 KiB, and the checksum of these two. */
const LZ4_HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
/** A block ends with at least five literals. */
const LZ4_LAST_LITERALS = 5;
const SNAPPY_MAX_COPY = 64;

export function packLz4(input: Buffer): Buffer {
  const parts: Buffer[] = [LZ4_HEADER];
  for (let start = 0; start < input.length; start += LZ4_BLOCK_BYTES) parts.push(lz4Block(input.subarray(start, start + LZ4_BLOCK_BYTES)));
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

function lz4Block(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  if (bytes.length < 64 || runLength(bytes, 0) < bytes.length) {
    size.writeUInt32LE(bytes.length + 0x80000000);
    return Buffer.concat([size, bytes]);
  }
  let rest = bytes.length - 1 - LZ4_LAST_LITERALS - 4 - 15;
  const length: number[] = [];
  for (; rest >= 255; rest -= 255) length.push(255);
  const first = bytes.subarray(0, 1);
  const body = Buffer.concat([
    Buffer.from([0x1f]),
    first,
    Buffer.from([1, 0, ...length, rest, LZ4_LAST_LITERALS << 4]),
    bytes.subarray(0, 5),
  ]);
  size.writeUInt32LE(body.length);
  return Buffer.concat([size, body]);
}

export function packSnappy(input: Buffer): Buffer {
  const parts: Buffer[] = [uvarint(input.length)];
  let literalStart = 0;
  let position = 0;
  while (position < input.length) {
    const copies = Math.floor((runLength(input, position) - 1) / SNAPPY_MAX_COPY);
    position += 1;
    if (copies === 0) continue;
    parts.push(snappyLiteral(input.subarray(literalStart, position)));
    parts.push(Buffer.alloc(copies * 3, Buffer.from([((SNAPPY_MAX_COPY - 1) << 2) | 2, 1, 0])));
    position += copies * SNAPPY_MAX_COPY;
    literalStart = position;
  }
  if (literalStart < input.length) parts.push(snappyLiteral(input.subarray(literalStart)));
  return Buffer.concat(parts);
}

function snappyLiteral(bytes: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(63 << 2);
  header.writeUInt32LE(bytes.length - 1, 1);
  return Buffer.concat([header, bytes]);
}

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function runLength(bytes: Buffer, start: number): number {
  let end = start + 1;
  while (end < bytes.length && bytes[end] === bytes[start]) end += 1;
  return end - start;
}
