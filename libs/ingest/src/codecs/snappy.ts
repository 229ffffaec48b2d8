import { isHarvestError } from '@harvest/kernel';
import { BoundedOutput, corruptInput, outputTooLarge } from './bounded-output';

/** How snappy-java frames its blocks: this magic, two versions, then blocks with big-endian lengths. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Raw snappy and the framing of the Java client. */
export function decompressSnappy(input: Buffer, maxOutputBytes: number): Buffer {
  const output = new BoundedOutput('snappy', maxOutputBytes, input.length * 4);
  try {
    if (input.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) decodeXerial(input, output, maxOutputBytes);
    else decodeBlock(input, output, maxOutputBytes);
  } catch (error) {
    // Buffer itself throws when a read passes the end.
    throw isHarvestError(error) ? error : corruptInput('snappy', 'truncated', error);
  }
  return output.bytes();
}

function decodeXerial(input: Buffer, output: BoundedOutput, maxOutputBytes: number): void {
  let position = XERIAL_HEADER_BYTES;
  while (position < input.length) {
    const size = input.readInt32BE(position);
    position += 4;
    if (size < 0 || position + size > input.length) throw corruptInput('snappy', 'truncated block');
    decodeBlock(input.subarray(position, position + size), output, maxOutputBytes);
    position += size;
  }
}

function decodeBlock(block: Buffer, output: BoundedOutput, maxOutputBytes: number): void {
  let position = skipDeclaredLength(block, maxOutputBytes);
  while (position < block.length) {
    const tag = block.readUInt8(position++);
    if ((tag & 3) === 0) position = decodeLiteral(block, position, { tag, output });
    else position = decodeCopy(block, position, { tag, output });
  }
}

interface Element {
  readonly tag: number;
  readonly output: BoundedOutput;
}

function decodeLiteral(block: Buffer, start: number, { tag, output }: Element): number {
  const short = tag >> 2;
  const lengthBytes = short < 60 ? 0 : short - 59;
  const length = (lengthBytes === 0 ? short : block.readUIntLE(start, lengthBytes)) + 1;
  output.append(block, start + lengthBytes, length);
  return start + lengthBytes + length;
}

function decodeCopy(block: Buffer, start: number, { tag, output }: Element): number {
  if ((tag & 3) === 1) {
    output.repeat(((tag >> 5) << 8) | block.readUInt8(start), ((tag >> 2) & 7) + 4);
    return start + 1;
  }
  const distanceBytes = (tag & 3) === 2 ? 2 : 4;
  output.repeat(block.readUIntLE(start, distanceBytes), (tag >> 2) + 1);
  return start + distanceBytes;
}

/** The declared length is a claim: refused early when too large, otherwise not relied on. */
function skipDeclaredLength(block: Buffer, maxOutputBytes: number): number {
  let declared = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block.readUInt8(index);
    declared += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      if (declared > maxOutputBytes) throw outputTooLarge('snappy', maxOutputBytes);
      return index + 1;
    }
  }
  throw corruptInput('snappy', 'no length');
}
