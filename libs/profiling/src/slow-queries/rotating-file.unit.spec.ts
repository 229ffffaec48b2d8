import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingFile } from './rotating-file';

let folder: string;
let path: string;
let faults: unknown[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotating-file-'));
  path = join(folder, 'slow.jsonl');
  faults = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (over: { path?: string; maxBytes?: number; files?: number } = {}) =>
  new RotatingFile({ path, maxBytes: 100, files: 3, onFault: (error) => faults.push(error), ...over });
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

async function write(file: RotatingFile, lines: readonly string[]): Promise<void> {
  for (const line of lines) file.append(line);
  await file.close();
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${String(index).padStart(4, '0')}`);

describe('a rotating file', () => {
  it('keeps lines in their order, goes on where another process ended, and loses the oldest file only', async () => {
    const lines = numbered(33);
    await write(open(), lines.slice(0, 5));
    expect(read('slow.jsonl')).toBe(`${lines.slice(0, 5).join('\n')}\n`);
    await write(open(), lines.slice(5));
    expect(readdirSync(folder).toSorted()).toEqual(['slow.jsonl', 'slow.jsonl.1', 'slow.jsonl.2']);
    const text = read('slow.jsonl.2') + read('slow.jsonl.1') + read('slow.jsonl');
    expect(text).toBe(`${lines.slice(10).join('\n')}\n`);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
    expect(faults).toEqual([]);
  });

  it('keeps one file when told so', async () => {
    await write(open({ files: 1 }), numbered(25));
    expect(readdirSync(folder)).toEqual(['slow.jsonl']);
    expect(read('slow.jsonl')).toBe(`${numbered(25).slice(20).join('\n')}\n`);
  });

  it('measures bytes, not letters, and writes a line longer than a file by itself', async () => {
    await write(open(), ['b'.repeat(30), 'ä'.repeat(40), 'c'.repeat(300)]);
    expect(read('slow.jsonl.2')).toBe(`${'b'.repeat(30)}\n`);
    expect(read('slow.jsonl.1')).toBe(`${'ä'.repeat(40)}\n`);
    expect(read('slow.jsonl')).toBe(`${'c'.repeat(300)}\n`);
  });

  it('holds 1,000 lines that wait and drops what comes beyond, in the same turn', async () => {
    const file = open({ maxBytes: 1_000_000 });
    await write(file, numbered(2500));
    expect(file.dropped).toBe(1500);
    expect(read('slow.jsonl').split('\n')).toHaveLength(1001);
  });

  it('loses lines and says so once while its folder is gone, and writes again when it is back', async () => {
    const away = join(folder, 'gone');
    const file = open({ path: join(away, 'slow.jsonl') });
    await write(file, ['one', 'two']);
    await write(file, ['three']);
    expect([file.dropped, faults.length]).toEqual([3, 1]);
    mkdirSync(away);
    await write(file, ['four']);
    await write(file, ['five']);
    expect(read('gone/slow.jsonl').trim()).toBe('four\nfive');
    rmSync(away, { recursive: true });
    await write(file, ['six']);
    expect([file.dropped, faults.length]).toEqual([4, 2]);
  });

  it('starts again for what is appended right behind the end of a run', async () => {
    const file = open({ maxBytes: 10_000 });
    for (const line of numbered(20)) {
      file.append(line);
      await file.close();
      file.append(`${line} again`);
    }
    await file.close();
    expect(read('slow.jsonl').trim().split('\n')).toHaveLength(40);
  });
});
