import { appendFile, rename, rm, stat } from 'node:fs/promises';
import { withDeadline } from '@harvest/kernel';

export interface RotatingFileOptions {
  /** The file being written; older ones are `<path>.1` (the newest of them) and so on. Its folder must exist. */
  readonly path: string;
  /** No file grows beyond it, but for a line that is longer by itself. */
  readonly maxBytes: number;
  /** How many files there are at most, the one being written included. */
  readonly files: number;
  /** Hears of the first failure, and again only of the first after lines could be written. Must not throw. */
  readonly onFault: (error: unknown) => void;
}

const MAX_PENDING_LINES = 1000;
const CLOSE_TIMEOUT_MS = 1000;

/** Lines on a disk that may be slow, full or gone: whoever writes never waits, and loses lines instead. */
export class RotatingFile {
  private pending: string[] = [];
  private running: Promise<void> | null = null;
  private isFaulty = false;
  /** Lines that were not written. */
  dropped = 0;

  constructor(private readonly options: RotatingFileOptions) {}

  /** Returns at once and never throws. The line, without its end, is written soon; beyond 1,000 that wait it is dropped. */
  append(line: string): void {
    if (this.pending.length >= MAX_PENDING_LINES) {
      this.dropped += 1;
      return;
    }
    this.pending.push(`${line}\n`);
    this.running ??= this.writePending();
  }

  /** Resolves when what was appended is written or dropped, within 1 s; never rejects. */
  async close(): Promise<void> {
    if (this.running) await withDeadline(this.running, CLOSE_TIMEOUT_MS, `writing ${this.options.path}`).catch(this.options.onFault);
  }

  private async writePending(): Promise<void> {
    while (this.pending.length > 0) {
      const roomBytes = await this.makeRoom(Buffer.byteLength(this.pending[0]!)).catch((error: unknown) => this.fail(error));
      if (roomBytes !== null) await this.write(this.take(roomBytes));
    }
    // In the same turn as the loop's last look: a line appended later starts the next run.
    this.running = null;
  }

  private async write(lines: readonly string[]): Promise<void> {
    try {
      // A write that failed may have left half a line.
      await appendFile(this.options.path, (this.isFaulty ? '\n' : '') + lines.join(''));
      this.isFaulty = false;
    } catch (error) {
      this.dropped += lines.length;
      this.fail(error);
    }
  }

  private fail(error: unknown): null {
    this.dropped += this.pending.length;
    this.pending = [];
    if (!this.isFaulty) this.options.onFault(error);
    this.isFaulty = true;
    return null;
  }

  /** How many bytes may be written. Asked of the disk each time: others may move the file away. */
  private async makeRoom(neededBytes: number): Promise<number> {
    const { path, maxBytes } = this.options;
    const size = await sizeOf(path);
    if (size === 0 || size + neededBytes <= maxBytes) return maxBytes - size;
    await this.rotate();
    return maxBytes;
  }

  private async rotate(): Promise<void> {
    const { path, files } = this.options;
    if (files === 1) return rm(path, { force: true });
    const names = Array.from({ length: files }, (_, age) => (age === 0 ? path : `${path}.${age}`));
    for (let age = files - 1; age > 0; age -= 1) await renameIfThere(names[age - 1]!, names[age]!);
  }

  /** As many of the first lines as fit; one at least. */
  private take(roomBytes: number): readonly string[] {
    let bytes = 0;
    const end = this.pending.findIndex((line, index) => {
      bytes += Buffer.byteLength(line);
      return index > 0 && bytes > roomBytes;
    });
    return this.pending.splice(0, end === -1 ? this.pending.length : end);
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await orNullWhenMissing(stat(path));
  return found?.size ?? 0;
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await orNullWhenMissing(rename(from, to));
}

async function orNullWhenMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
