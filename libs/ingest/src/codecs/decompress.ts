import { constants, gunzip, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import { corruptInput, outputTooLarge } from './bounded-output';
import { decompressLz4 } from './lz4';
import { decompressSnappy } from './snappy';

export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CodecName = (typeof CODEC_NAMES)[number];

const gunzipAsync = promisify(gunzip);
const zstdAsync = promisify(zstdDecompress);

/**
 * Bytes of one compressed record batch → its bytes, at most `maxOutputBytes` of them.
 * @throws HarvestError `codec-output-too-large` | `codec-input-corrupt`, both not retriable.
 */
export async function decompress(codec: Exclude<CodecName, 'none'>, input: Buffer, maxOutputBytes: number): Promise<Buffer> {
  switch (codec) {
    case 'gzip':
      return boundedZlib('gzip', maxOutputBytes, () => gunzipAsync(input, { maxOutputLength: maxOutputBytes }));
    case 'zstd':
      return boundedZlib('zstd', maxOutputBytes, () => zstdAsync(input, zstdOptions(maxOutputBytes)));
    case 'lz4':
      return decompressLz4(input, maxOutputBytes);
    case 'snappy':
      return decompressSnappy(input, maxOutputBytes);
  }
}

/** The window is memory too: 2^27 bytes would be zstd's default limit. */
function zstdOptions(maxOutputBytes: number) {
  const windowLogMax = Math.min(27, Math.max(23, Math.ceil(Math.log2(maxOutputBytes))));
  return { maxOutputLength: maxOutputBytes, params: { [constants.ZSTD_d_windowLogMax]: windowLogMax } };
}

async function boundedZlib(codec: 'gzip' | 'zstd', maxOutputBytes: number, run: () => Promise<Buffer>): Promise<Buffer> {
  try {
    return await run();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw outputTooLarge(codec, maxOutputBytes);
    throw corruptInput(codec, (error as Error).message, error);
  }
}
