import type { LogAdmin, LogAppender } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import type { IngestionHistory } from '../ports/ingestion-history.port';
import type { ProgressSink } from '../ports/progress-sink.port';
import { chooseRun } from './choose-run';
import type { FileFacts } from './line-file';
import { inspectFile, readLines } from './line-file';
import type { LineFormat, LineTarget, RejectedLine } from './line-formats';
import { assertScoresFit, detectFormat, readLine } from './line-formats';
import type { IngestionItem, IngestionReceipt } from './publish-ingestion';
import { IngestionPublisher } from './publish-ingestion';

export interface PublishFileRequest {
  readonly path: string;
  readonly topicPrefix: string;
  readonly withDemoScores: boolean;
}

export interface RejectedLines {
  readonly total: number;
  /** The first ones, in the order of the file. */
  readonly first: readonly RejectedLine[];
  readonly byCode: Readonly<Record<string, number>>;
}

export interface PublishFileReceipt extends IngestionReceipt {
  readonly format: LineFormat;
  readonly lines: number;
  readonly rejected: RejectedLines;
  /** An earlier run had been killed, and this one went on with it. */
  readonly resumed: boolean;
}

const MAX_LISTED = 100;
const MAX_NAME_LENGTH = 120;

/**
 * A file of CloudEvents or of plain artifacts, gzip or not, as one ingestion. Lines that can never be projected are not published but
 * reported. The same file again: a killed run goes on; a completed one is followed by a second ingestion of the same facts.
 */
export class PublishFileOperation {
  constructor(
    private readonly log: LogAppender & LogAdmin,
    private readonly history: IngestionHistory,
    private readonly clock: Clock,
    private readonly progress: ProgressSink,
  ) {}

  /** @throws `file-missing`, `file-corrupt`, `file-unreadable`, `scores-need-plain-artifacts`, what the log rejects with. */
  async run(request: PublishFileRequest): Promise<PublishFileReceipt> {
    const facts = await inspectFile(request.path);
    const format = detectFormat(facts.firstLine);
    assertScoresFit(format, request.withDemoScores);
    const { ingestionId, writtenBefore } = await chooseRun(this.history, fileIngestionName(facts, request.withDemoScores));
    if (writtenBefore !== null) this.progress.noted(`going on with ${ingestionId}, which had not ended`);
    const rejects = new RejectCollector();
    const receipt = await new IngestionPublisher(this.log, this.clock, this.progress).publish({
      ingestionId,
      source: `file:${facts.name}`.slice(0, 200),
      topicPrefix: request.topicPrefix,
      expected: facts.lines * (request.withDemoScores ? 2 : 1),
      items: readItems(request.path, format, { target: { ...request, ingestionId }, rejects }),
      writtenBefore,
    });
    return { ...receipt, format, lines: facts.lines, rejected: rejects.report(), resumed: writtenBefore !== null };
  }
}

/** Name, content and what is made of it; the run's number makes it an ingestion id. */
function fileIngestionName({ name, contentHash }: FileFacts, withDemoScores: boolean): string {
  return `file:${name.toWellFormed().slice(0, MAX_NAME_LENGTH)}:${contentHash.slice(0, 16)}${withDemoScores ? ':demo-scores' : ''}`;
}

async function* readItems(
  path: string,
  format: LineFormat,
  { target, rejects }: { readonly target: LineTarget; readonly rejects: RejectCollector },
): AsyncGenerator<IngestionItem> {
  for await (const line of readLines(path)) {
    const read = readLine(line, format, target);
    if ('line' in read) rejects.add(read);
    else yield* read;
  }
}

class RejectCollector {
  private total = 0;
  private readonly first: RejectedLine[] = [];
  private readonly byCode: Record<string, number> = {};

  add(rejected: RejectedLine): void {
    this.total += 1;
    this.byCode[rejected.code] = (this.byCode[rejected.code] ?? 0) + 1;
    if (this.first.length < MAX_LISTED) this.first.push(rejected);
  }

  report(): RejectedLines {
    return { total: this.total, first: this.first, byCode: this.byCode };
  }
}
