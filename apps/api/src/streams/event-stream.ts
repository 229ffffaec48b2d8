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

const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for this long is let go. */
const STALLED_MS = 60_000;
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
  private readonly heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
  private readonly limit = setTimeout(() => this.end(), LONGEST_MS);

  constructor(private readonly options: EventStreamOptions) {
    this.sentId = options.lastEventId;
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

  /** Idempotent for an event that was sent. */
  send(event: StreamEvent): void {
    if (this.blockedSinceMs !== null) {
      this.waiting = event;
      return;
    }
    if (event.id !== this.sentId) this.write(`event: ingestion\nid: ${event.id}\ndata: ${event.data}\n\n`);
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
    if (performance.now() - this.blockedSinceMs > STALLED_MS) this.options.response.destroy();
  }

  private stopTimers(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.limit);
  }
}
