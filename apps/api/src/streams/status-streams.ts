import type { StatusView } from '@harvest/contracts';
import type { Logger } from '@harvest/observability';
import { etagOf } from '@harvest/queries';
import type { CachedAnswer } from '@harvest/read-models';
import { ProblemError } from '../http/problem-error';
import type { EventStreamOptions, StreamEvent } from './event-stream';
import { EventStream } from './event-stream';

export interface StatusStreamsOptions {
  readStatus(): Promise<CachedAnswer>;
  readonly logger: Logger;
  readonly maxStreams?: number;
}

const MAX_STREAMS = 200;
const POLL_MS = 2000;
/** Staleness moves all the time; only steps of this size are worth telling. */
const STALENESS_STEP_MS = 5000;

/** Tells readers of the status whenever it has changed: one question each 2 s, however many read; none while nobody does. */
export class StatusStreams {
  private readonly readers = new Set<EventStream>();
  private opening = 0;
  private closed = false;
  private reading = false;
  private timer: NodeJS.Timeout | null = null;
  private readonly maxStreams: number;

  constructor(private readonly options: StatusStreamsOptions) {
    this.maxStreams = options.maxStreams ?? MAX_STREAMS;
  }

  /** Rejects with `shutting-down`, `stream-limit` or the question's errors; what it resolves with opens the stream. */
  async prepare(): Promise<(options: EventStreamOptions) => void> {
    if (this.closed) throw new ProblemError('shutting-down', 'ask another process');
    if (this.readers.size + this.opening >= this.maxStreams)
      throw new ProblemError('stream-limit', `${this.maxStreams} streams of the status are open already: ask GET /v1/status now and then`);
    this.opening += 1;
    try {
      const newest = toEvent(await this.options.readStatus());
      return (options) => this.open(newest, options);
    } finally {
      this.opening -= 1;
    }
  }

  /** Ends every stream; readers come back to another process. Idempotent. */
  close(): void {
    this.closed = true;
    this.stopPolling();
    for (const reader of this.readers) reader.end();
  }

  private open(newest: StreamEvent, options: EventStreamOptions): void {
    const { requestId } = options;
    const onDropped = (reason: string) => this.options.logger.info({ requestId, reason }, 'a reader of the status was dropped');
    const reader = new EventStream(options, { eventName: 'status', onDropped });
    reader.onClosed(() => this.forget(reader));
    reader.send(newest);
    if (this.closed) return reader.end();
    this.readers.add(reader);
    this.timer ??= setInterval(() => void this.poll(), POLL_MS);
  }

  private forget(reader: EventStream): void {
    this.readers.delete(reader);
    if (this.readers.size === 0) this.stopPolling();
  }

  private stopPolling(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Never rejects: the next poll tries again. */
  private async poll(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      const newest = toEvent(await this.options.readStatus());
      for (const reader of this.readers) reader.send(newest);
    } catch (error) {
      this.options.logger.warn({ err: error }, 'the status could not be read for its streams');
    } finally {
      this.reading = false;
    }
  }
}

/** Its id leaves out what moves all the time: the same id is nothing new, in whichever process. */
function toEvent({ body }: CachedAnswer): StreamEvent {
  const { stalenessMs, at: _at, ...rest } = JSON.parse(body.toString()) as StatusView;
  const step = stalenessMs === undefined ? null : Math.floor(stalenessMs / STALENESS_STEP_MS);
  return { id: etagOf(Buffer.from(JSON.stringify([rest, step]))).replaceAll('"', ''), data: body.toString(), isLast: false };
}
