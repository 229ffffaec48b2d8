import type { IngestionView } from '@harvest/contracts';
import type { Logger } from '@harvest/observability';
import { etagOf } from '@harvest/queries';
import type { Answered, Queries } from '@harvest/queries';
import type { ChangeFeed } from '@harvest/read-models';
import { ProblemError } from '../http/problem-error';
import type { EventStreamOptions, StreamEvent } from './event-stream';
import { EventStream } from './event-stream';

export interface IngestionStreamsOptions {
  readonly queries: Pick<Queries, 'getIngestion'>;
  readonly changes: ChangeFeed;
  readonly logger: Logger;
}

interface Watch {
  readonly readers: Set<EventStream>;
  newest: StreamEvent;
  reading: boolean;
  /** Something happened while it was being read. */
  again: boolean;
}

const MAX_STREAMS = 500;
/** Checkpoints move without a notice, and notices may be lost. */
const POLL_MS = 1000;
const DECIDED: ReadonlySet<IngestionView['state']> = new Set(['complete', 'complete-with-rejections', 'incomplete', 'failed']);

/** Tells readers of an ingestion's progress: one question to the database per ingestion, however many read. */
export class IngestionStreams {
  private readonly watches = new Map<string, Watch>();
  private readers = 0;
  private closed = false;
  private timer: NodeJS.Timeout | null = null;
  private subscription: Promise<() => Promise<void>> | null = null;

  constructor(private readonly options: IngestionStreamsOptions) {}

  /** Rejects with `ingestion-unknown`, `stream-limit` or the question's errors; what it resolves with opens the stream. */
  async prepare(ingestionId: string): Promise<(options: EventStreamOptions) => void> {
    if (this.closed) throw new ProblemError('shutting-down', 'ask another process');
    if (this.readers >= MAX_STREAMS) throw new ProblemError('stream-limit', `${MAX_STREAMS} streams are open already`);
    const newest = toEvent(await this.options.queries.getIngestion(ingestionId));
    return (options) => this.open(ingestionId, newest, options);
  }

  /** Ends every stream; readers come back to another process. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearInterval(this.timer);
    for (const { readers } of this.watches.values()) for (const reader of readers) reader.end();
    const unsubscribe = await this.subscription?.catch(() => null);
    await unsubscribe?.();
  }

  private open(ingestionId: string, newest: StreamEvent, options: EventStreamOptions): void {
    const watch = this.watches.get(ingestionId) ?? { readers: new Set(), newest, reading: false, again: false };
    this.watches.set(ingestionId, watch);
    const reader = new EventStream(options, { eventName: 'ingestion' });
    watch.readers.add(reader);
    this.readers += 1;
    reader.onClosed(() => this.forget(ingestionId, watch, reader));
    this.listen();
    watch.newest = newest;
    reader.send(newest);
  }

  private forget(ingestionId: string, watch: Watch, reader: EventStream): void {
    this.readers -= 1;
    watch.readers.delete(reader);
    if (watch.readers.size === 0 && this.watches.get(ingestionId) === watch) this.watches.delete(ingestionId);
  }

  /** From the first stream on. */
  private listen(): void {
    this.timer ??= setInterval(() => this.refreshAll(), POLL_MS);
    this.subscription ??= this.options.changes.subscribe({
      onNotice: (notice) => {
        if (notice.kind === 'ingestion') this.refresh(notice.ingestionId);
      },
      onReconnected: () => this.refreshAll(),
      onDisconnected: () => undefined,
    });
    this.subscription.catch((error: unknown) => {
      this.options.logger.warn({ err: error }, 'ingestions are followed by polling alone');
      this.subscription = null;
    });
  }

  private refreshAll(): void {
    for (const ingestionId of this.watches.keys()) this.refresh(ingestionId);
  }

  private refresh(ingestionId: string): void {
    const watch = this.watches.get(ingestionId);
    if (watch === undefined) return;
    if (watch.reading) watch.again = true;
    else void this.read(ingestionId, watch);
  }

  /** Never rejects: the next poll tries again. */
  private async read(ingestionId: string, watch: Watch): Promise<void> {
    watch.reading = true;
    try {
      do {
        watch.again = false;
        watch.newest = toEvent(await this.options.queries.getIngestion(ingestionId));
        for (const reader of watch.readers) reader.send(watch.newest);
      } while (watch.again);
    } catch (error) {
      this.options.logger.warn({ err: error }, 'the progress of an ingestion could not be read');
    } finally {
      watch.reading = false;
    }
  }
}

/** Its id is that of its bytes: the same state is the same event, in whichever process. */
function toEvent({ body }: Answered): StreamEvent {
  const { state } = JSON.parse(body.toString()) as IngestionView;
  return { id: etagOf(body).replaceAll('"', ''), data: body.toString(), isLast: DECIDED.has(state) };
}
