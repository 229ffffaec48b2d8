import { inspectFile, readLines } from '../publish/line-file';
import type { LineFormat, RejectedLine } from '../publish/line-formats';
import { detectFormat, readLine } from '../publish/line-formats';

export interface ValidationReport {
  readonly format: LineFormat;
  readonly lines: number;
  readonly valid: number;
  readonly rejected: number;
  /** The first ones, in the order of the file. */
  readonly first: readonly RejectedLine[];
  /** Valid events per type. */
  readonly types: Readonly<Record<string, number>>;
}

/** Judges each line of a file as publishing it would. Needs no service and writes nothing. */
export class ValidateEventsOperation {
  /** @throws `file-missing`, `file-corrupt`, `file-unreadable`. */
  async run(path: string, maxListed: number): Promise<ValidationReport> {
    const { lines, firstLine } = await inspectFile(path);
    const format = detectFormat(firstLine);
    const first: RejectedLine[] = [];
    const types: Record<string, number> = {};
    let rejected = 0;
    for await (const line of readLines(path)) {
      const read = readLine(line, format, { ingestionId: 'validation', topicPrefix: '', withDemoScores: false });
      if ('line' in read) {
        rejected += 1;
        if (first.length < maxListed) first.push(read);
      } else for (const { type } of read) types[type] = (types[type] ?? 0) + 1;
    }
    return { format, lines, valid: lines - rejected, rejected, first, types };
  }
}
