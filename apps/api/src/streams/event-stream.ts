import type { ServerResponse } from 'node:http';

export interface StreamEvent {
  readonly id: string;
  /** One line. */
  readonly data: string;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

export interface EventStreamOptions {
  readonly response: ServerResponse;
  readonly requestId: string;
  /** What the reader has seen already. */
  readonly lastEventId: string | null;
}

/** What is the same for every reader of one kind of stream. */
export interface EventStreamKind {
  /** The name of its events. */
  readonly eventName: string;
  readonly heartbeatMs?: number;
  /** A reader that takes nothing for this long is dropped. */
  readonly stalledMs?: number;
  /** Why a reader was dropped. */
  readonly onDropped?: (reason: string) => void;
}

const HEARTBEAT_MS = 15_000;
const STALLED_MS = 60_000;
/** How long a dropped reader may still take the reason; then the connection is cut. */
const LAST_WORD_MS = 5000;
/** Readers reconnect with the last id and lose nothing. */
const LONGEST_MS = 30 * 60_000;
const RETRY_MS = 2000;

/**
 * One reader of server-sent events. Holds the newest event only: a slow reader skips what is between. Ends itself when the last
 * event is written, when the reader stalls, and after half an hour.
 */
export class EventStream {
  private sentId: string | null;
  private waiting: StreamEvent | null = null;
  private blockedSinceMs: number | null = null;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly limit = setTimeout(() => this.end(), LONGEST_MS);

  constructor(
    private readonly options: EventStreamOptions,
    private readonly kind: EventStreamKind,
  ) {
    this.sentId = options.lastEventId;
    this.heartbeat = setInterval(() => this.beat(), kind.heartbeatMs ?? HEARTBEAT_MS);
    const { response, requestId } = options;
    response.once('close', () => this.stopTimers());
    response.on('error', () => this.stopTimers());
    response.on('drain', () => this.unblock());
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    response.writeHead(200, { ...headers, 'x-request-id': requestId });
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  onClosed(listener: () => void): void {
    this.options.response.once('close', listener);
  }

  /** Idempotent for an event that was sent; nothing once the stream has ended. */
  send(event: StreamEvent): void {
    if (this.options.response.writableEnded) return;
    if (this.blockedSinceMs !== null) {
      this.waiting = event;
      return;
    }
    if (event.id !== this.sentId) this.write(`event: ${this.kind.eventName}\nid: ${event.id}\ndata: ${event.data}\n\n`);
    this.sentId = event.id;
    if (event.isLast) this.finish();
  }

  /** Without the last event: the reader comes back. */
  end(): void {
    this.stopTimers();
    this.options.response.end();
  }

  private finish(): void {
    this.write('event: end\ndata: {}\n\n');
    this.end();
  }

  private write(text: string): void {
    if (!this.options.response.write(text)) this.blockedSinceMs ??= performance.now();
  }

  private unblock(): void {
    this.blockedSinceMs = null;
    const event = this.waiting;
    this.waiting = null;
    if (event !== null) this.send(event);
  }

  private beat(): void {
    if (this.blockedSinceMs === null) return this.write(': alive\n\n');
    const stalledMs = this.kind.stalledMs ?? STALLED_MS;
    if (performance.now() - this.blockedSinceMs > stalledMs) this.drop(`took nothing for ${stalledMs} ms`);
  }

  private drop(reason: string): void {
    const { response } = this.options;
    this.stopTimers();
    this.waiting = null;
    response.end(`event: dropped\ndata: ${JSON.stringify({ reason })}\n\n`);
    const cut = setTimeout(() => response.destroy(), LAST_WORD_MS);
    response.once('close', () => clearTimeout(cut));
    this.kind.onDropped?.(reason);
  }

  private stopTimers(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.limit);
  }
}
