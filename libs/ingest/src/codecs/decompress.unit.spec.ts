import { gzipSync, zstdCompressSync } from 'node:zlib';
import { decompress } from './decompress';
import { JAVA_CLIENT_BYTES, javaClientText } from './java-client-samples';

const MIB = 1024 * 1024;
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
type Codec = (typeof CODECS)[number];

/** A few bytes that claim `outputBytes` zeros, per format. */
const BOMBS: Record<Codec, (outputBytes: number) => Buffer> = {
  gzip: (bytes) => gzipSync(Buffer.alloc(bytes)),
  zstd: (bytes) => zstdCompressSync(Buffer.alloc(bytes)),
  lz4: lz4Zeros,
  snappy: snappyZeros,
};

/** One frame of one block: a zero, then copies of it. */
function lz4Zeros(bytes: number): Buffer {
  const runs = Math.floor((bytes - 20) / 255);
  const block = Buffer.concat([Buffer.from([0x1f, 0, 1, 0]), Buffer.alloc(runs, 255), Buffer.from([0])]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]), size, block, Buffer.alloc(4)]);
}

/** Declares no more than it should and then copies on and on. */
function snappyZeros(bytes: number): Buffer {
  const copies = Math.floor(bytes / 64);
  return Buffer.concat([Buffer.from([10, 0, 0]), Buffer.alloc(copies * 3, Buffer.from([(63 << 2) | 2, 1, 0]))]);
}

describe.each(CODECS)('%s', (codec) => {
  it("reads what Kafka's Java client writes", async () => {
    const bytes = await decompress(codec, Buffer.from(JAVA_CLIENT_BYTES[codec], 'base64'), MIB);
    expect(bytes.toString('utf8')).toBe(javaClientText());
  });

  it('stops at its bound, whatever a few bytes claim', async () => {
    const bomb = BOMBS[codec](64 * MIB);
    expect(bomb.length).toBeLessThan(4 * MIB);
    await expect(decompress(codec, bomb, MIB)).rejects.toMatchObject({ code: 'codec-output-too-large', retriable: false });
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(200 * MIB);
  });

  it('gives output of exactly the bound', async () => {
    const text = Buffer.from(javaClientText());
    const input = Buffer.from(JAVA_CLIENT_BYTES[codec], 'base64');
    await expect(decompress(codec, input, text.length)).resolves.toHaveLength(text.length);
    await expect(decompress(codec, input, text.length - 1)).rejects.toMatchObject({ code: 'codec-output-too-large' });
  });

  it('calls every cut-off or spoiled input corrupt or reads it, and never hangs or throws anything else', async () => {
    const input = Buffer.from(JAVA_CLIENT_BYTES[codec], 'base64');
    const codes = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      const spoiled = Buffer.from(round % 2 === 0 ? input.subarray(0, (round * 7919) % input.length) : input);
      if (round % 2 === 1) spoiled[(round * 104_729) % spoiled.length] = round % 256;
      const outcome = await decompress(codec, spoiled, MIB).then(
        () => 'read',
        (error: { code?: string }) => error.code ?? 'uncoded',
      );
      codes.add(outcome);
    }
    expect([...codes].filter((code) => !['read', 'codec-input-corrupt', 'codec-output-too-large'].includes(code))).toEqual([]);
    expect(codes).toContain('codec-input-corrupt');
  });
});

describe('snappy without framing', () => {
  it('reads literals of every length form and overlapping copies', async () => {
    const text = 'abc';
    const raw = Buffer.concat([Buffer.from([15, (3 - 1) << 2]), Buffer.from(text), Buffer.from([((12 - 1) << 2) | 2, 3, 0])]);
    await expect(decompress('snappy', raw, 100)).resolves.toEqual(Buffer.from('abcabcabcabcabc'));
    const long = Buffer.alloc(300, 'x');
    const literal = Buffer.concat([Buffer.from([0xac, 2, 61 << 2, 0x2b, 1]), long]);
    await expect(decompress('snappy', literal, 1000)).resolves.toEqual(long);
  });

  it('refuses a declared length above the bound before it copies anything', async () => {
    const input = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
    await expect(decompress('snappy', input, 1000)).rejects.toMatchObject({ code: 'codec-output-too-large' });
  });
});

describe('lz4 frames', () => {
  it('reads stored blocks, checksums, content sizes and frames in a row', async () => {
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0b0111_1100, 0x40, ...Array<number>(8).fill(0), 0]);
    const stored = Buffer.from([3, 0, 0, 0x80, 0x61, 0x62, 0x63, 1, 2, 3, 4]);
    const frame = Buffer.concat([header, stored, Buffer.alloc(4), Buffer.from([9, 9, 9, 9])]);
    await expect(decompress('lz4', Buffer.concat([frame, frame]), 100)).resolves.toEqual(Buffer.from('abcabc'));
  });
});
