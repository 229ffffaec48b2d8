import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { inspectFile, MAX_LINE_BYTES, readLines } from './line-file';

describe('a file of lines', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lines-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function file(contents: Buffer | string): string {
    const path = join(folder, crypto.randomUUID());
    writeFileSync(path, contents);
    return path;
  }
  async function linesOf(contents: Buffer | string): Promise<readonly (readonly [number, string | null])[]> {
    const lines: (readonly [number, string | null])[] = [];
    for await (const { number, bytes } of readLines(file(contents))) lines.push([number, bytes?.toString() ?? null]);
    return lines;
  }

  it('gives lines with their numbers, blank ones counted but left out', async () => {
    await expect(linesOf('a\n\n \r\nb\nc')).resolves.toEqual([
      [1, 'a'],
      [4, 'b'],
      [5, 'c'],
    ]);
  });

  it('reads gzip whatever the name, also when it has several members', async () => {
    await expect(linesOf(Buffer.concat([gzipSync('a\nb'), gzipSync('c\nd\n')]))).resolves.toEqual([
      [1, 'a'],
      [2, 'bc'],
      [3, 'd'],
    ]);
  });

  it('joins lines that lie across chunks', async () => {
    const long = 'x'.repeat(1_000_000);
    const lines = await linesOf(`${long}\n${long}y\nz`);
    expect(lines.map(([number, text]) => [number, text?.length])).toEqual([
      [1, 1_000_000],
      [2, 1_000_001],
      [3, 1],
    ]);
  });

  it('does not keep a line that is too long, and goes on behind it', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('a\n'), Buffer.alloc(160 * 2 ** 20, 0x78), Buffer.from('\nb\n')]), { level: 1 });
    const path = file(bomb);
    const before = process.memoryUsage().rss;
    const lines: (number | null)[] = [];
    for await (const { bytes } of readLines(path)) lines.push(bytes?.length ?? null);
    expect(lines).toEqual([1, null, 1]);
    expect(process.memoryUsage().rss - before).toBeLessThan(80 * 2 ** 20);
    await expect(linesOf('y'.repeat(MAX_LINE_BYTES))).resolves.toHaveLength(1);
  });

  it.each([
    ['plain', Buffer.from('\nfirst\nsecond\n')],
    ['gzip', gzipSync('\nfirst\nsecond\n')],
  ])('knows %s content by its hash and the first line that is not blank', async (_name, contents) => {
    await expect(inspectFile(file(contents))).resolves.toMatchObject({
      contentHash: createHash('sha256').update(contents).digest('hex'),
      lines: 2,
      firstLine: Buffer.from('first'),
    });
  });

  it.each([
    ['a missing file', () => join(folder, 'nowhere'), 'file-missing'],
    ['a gzip that was cut short', () => file(gzipSync('x'.repeat(100_000)).subarray(0, 60)), 'file-corrupt'],
    ['a gzip with broken bytes', () => file(Buffer.concat([gzipSync('abc').subarray(0, 10), Buffer.alloc(50, 0xff)])), 'file-corrupt'],
    ['a folder', () => folder, 'file-unreadable'],
  ])('refuses %s', async (_name, path, code) => {
    await expect(inspectFile(path())).rejects.toMatchObject({ code });
  });
});
