import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HarvestError } from '@harvest/kernel';

/** A record's value is at most 1 MiB; escaped as JSON text it may be longer, but never sensibly twice as long. */
export const MAX_LINE_BYTES = 2 * 2 ** 20;
const CHUNK_BYTES = 256 * 1024;
const NEW_LINE = 0x0a;

export interface NumberedLine {
  /** From 1; blank lines are counted, not returned. */
  readonly number: number;
  /** Null: longer than `MAX_LINE_BYTES`; it was skipped without being kept. */
  readonly bytes: Buffer | null;
}

export interface FileFacts {
  readonly name: string;
  /** SHA-256 of the file as it is on disk. */
  readonly contentHash: string;
  readonly lines: number;
  /** The first line that is not blank; null: none. */
  readonly firstLine: Buffer | null;
}

/**
 * Reads the whole file once, in bounded memory: a file that is cut short is found out before anything of it is published.
 * @throws `file-missing`, `file-unreadable`, `file-corrupt`.
 */
export async function inspectFile(path: string): Promise<FileFacts> {
  const hash = createHash('sha256');
  let lines = 0;
  let firstLine: Buffer | null = null;
  for await (const { bytes } of readLines(path, (chunk) => void hash.update(chunk))) {
    lines += 1;
    firstLine ??= bytes;
  }
  return { name: basename(path), contentHash: hash.digest('hex'), lines, firstLine };
}

/** Lines without their ends, gzip or plain (told by the first bytes, not by the name), in bounded memory. */
export async function* readLines(path: string, onRaw: (chunk: Buffer) => void = () => undefined): AsyncGenerator<NumberedLine> {
  const splitter = new LineSplitter();
  try {
    for await (const chunk of await openContents(path, onRaw)) yield* splitter.push(chunk);
  } catch (error) {
    throw explain(path, error);
  }
  yield* splitter.end();
}

async function openContents(path: string, onRaw: (chunk: Buffer) => void): Promise<AsyncIterable<Buffer>> {
  const isGzip = await startsLikeGzip(path);
  const raw = tee(createReadStream(path, { highWaterMark: CHUNK_BYTES }), onRaw);
  if (!isGzip) return raw;
  // A failure of either stream reaches the reader as an error of the last one.
  return pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined) as AsyncIterable<Buffer>;
}

async function* tee(source: AsyncIterable<Buffer>, onChunk: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    onChunk(chunk);
    yield chunk;
  }
}

async function startsLikeGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function explain(path: string, error: unknown): HarvestError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT') return new HarvestError({ code: 'file-missing', message: `there is no file ${path}`, cause: error });
  if (code.startsWith('Z_'))
    return new HarvestError({
      code: 'file-corrupt',
      message: `${path} is cut short or no gzip (${(error as Error).message}): fetch it again`,
      cause: error,
    });
  return new HarvestError({ code: 'file-unreadable', message: `${path} cannot be read: ${(error as Error).message}`, cause: error });
}

class LineSplitter {
  private readonly pieces: Buffer[] = [];
  private pendingBytes = 0;
  private number = 0;
  private isTooLong = false;

  *push(chunk: Buffer): Generator<NumberedLine> {
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, start)) {
      this.keep(chunk.subarray(start, end));
      yield* this.take();
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
  }

  *end(): Generator<NumberedLine> {
    if (this.pendingBytes > 0 || this.isTooLong) yield* this.take();
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0 || this.isTooLong) return;
    this.pendingBytes += piece.length;
    this.pieces.push(piece);
    if (this.pendingBytes <= MAX_LINE_BYTES) return;
    this.isTooLong = true;
    this.pieces.length = 0;
  }

  private *take(): Generator<NumberedLine> {
    this.number += 1;
    const bytes = this.isTooLong ? null : this.joined();
    this.pieces.length = 0;
    this.pendingBytes = 0;
    this.isTooLong = false;
    if (bytes === null || !isBlank(bytes)) yield { number: this.number, bytes };
  }

  private joined(): Buffer {
    return this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
