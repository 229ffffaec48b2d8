import { isHarvestError } from '@harvest/kernel';
import { BoundedOutput, corruptInput } from './bounded-output';

const FRAME_MAGIC = 0x184d2204;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_DICTIONARY = 0x01;
const STORED_BLOCK = 0x80000000;
const LONG_LENGTH = 15;
const MIN_MATCH = 4;

/** LZ4 frames (lz4_Frame_format 1.6), several in a row allowed; checksums are left to the transport. */
export function decompressLz4(input: Buffer, maxOutputBytes: number): Buffer {
  const output = new BoundedOutput('lz4', maxOutputBytes, input.length * 4);
  try {
    let position = 0;
    while (position < input.length) position = decodeFrame(input, position, output);
  } catch (error) {
    // Buffer itself throws when a read passes the end.
    throw isHarvestError(error) ? error : corruptInput('lz4', 'truncated', error);
  }
  return output.bytes();
}

function decodeFrame(input: Buffer, start: number, output: BoundedOutput): number {
  const flags = readFlags(input, start);
  let position = start + 7 + (flags & FLAG_CONTENT_SIZE ? 8 : 0);
  const blockTrailer = flags & FLAG_BLOCK_CHECKSUM ? 4 : 0;
  for (;;) {
    const header = input.readUInt32LE(position);
    position += 4;
    if (header === 0) return position + (flags & FLAG_CONTENT_CHECKSUM ? 4 : 0);
    const size = header & ~STORED_BLOCK;
    if (position + size > input.length) throw corruptInput('lz4', 'truncated block');
    if (header & STORED_BLOCK) output.append(input, position, size);
    else decodeBlock(input.subarray(position, position + size), output);
    position += size + blockTrailer;
  }
}

function readFlags(input: Buffer, start: number): number {
  if (input.readUInt32LE(start) !== FRAME_MAGIC) throw corruptInput('lz4', 'no frame magic');
  const flags = input.readUInt8(start + 4);
  if (flags >> 6 !== 1) throw corruptInput('lz4', 'unknown frame version');
  if (flags & FLAG_DICTIONARY) throw corruptInput('lz4', 'it needs a dictionary');
  return flags;
}

/** Sequences of literals and back references; the last one has literals only. */
function decodeBlock(block: Buffer, output: BoundedOutput): void {
  let position = 0;
  while (position < block.length) {
    const token = block.readUInt8(position++);
    let literals = token >> 4;
    if (literals === LONG_LENGTH) [literals, position] = readLongLength(block, position);
    output.append(block, position, literals);
    position += literals;
    if (position >= block.length) return;
    const distance = block.readUInt16LE(position);
    position += 2;
    let match = token & 0x0f;
    if (match === LONG_LENGTH) [match, position] = readLongLength(block, position);
    output.repeat(distance, match + MIN_MATCH);
  }
}

function readLongLength(block: Buffer, start: number): [length: number, position: number] {
  let length = LONG_LENGTH;
  let position = start;
  for (;;) {
    const more = block.readUInt8(position++);
    length += more;
    if (more !== 255) return [length, position];
  }
}
