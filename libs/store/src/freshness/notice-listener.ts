import { backoffDelayMs, systemClock, withDeadline } from '@harvest/kernel';
import type { Logger } from '@harvest/observability';
import type { Client } from 'pg';
import { classifyError } from '../connection/classify-error';

export interface NoticeSubscriber {
  onNotification(channel: string, payload: string): void;
  /** After a break: whatever was notified in between is lost. */
  onReconnected(): void;
  onDisconnected(): void;
}

export interface NoticeListenerOptions {
  /** A new connection of its own, not yet connected. */
  readonly connect: () => Client;
  readonly channels: readonly string[];
  readonly logger: Logger;
  /** A half-open socket shows no error by itself: the connection is asked this often, and given as long to answer (default 3,000). */
  readonly livenessMs?: number;
}

/** `lost` resolves when the connection breaks or is closed. */
interface Connected {
  readonly lost: Promise<void>;
}

const RECONNECT_BACKOFF = { firstMs: 50, maxMs: 2_000 };

/** LISTEN on one connection for the whole process; reconnects until closed. */
export class NoticeListener {
  private readonly subscribers = new Set<NoticeSubscriber>();
  private readonly stop = new AbortController();
  private client: Client | undefined;
  private started: Promise<void> | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly options: NoticeListenerOptions) {}

  /** Resolves once LISTEN stands; rejects with `store-unreachable` when the first connection fails. Returns the unsubscriber. */
  async subscribe(subscriber: NoticeSubscriber): Promise<() => Promise<void>> {
    this.subscribers.add(subscriber);
    try {
      await (this.started ??= this.start());
    } catch (error) {
      this.started = undefined;
      this.subscribers.delete(subscriber);
      throw classifyError(error, 'listening for changes');
    }
    return async () => void this.subscribers.delete(subscriber);
  }

  async close(): Promise<void> {
    this.stop.abort(new Error('closed'));
    await this.client?.end();
    await this.running;
  }

  private async start(): Promise<void> {
    const connected = await this.connect();
    this.running = this.keepConnected(connected);
  }

  /** Ends when closed. */
  private async keepConnected(first: Connected): Promise<void> {
    for (let connected: Connected | null = first; connected !== null;) {
      await connected.lost;
      if (this.stop.signal.aborted) return;
      this.tell((subscriber) => subscriber.onDisconnected());
      connected = await this.reconnect();
      if (connected !== null) this.tell((subscriber) => subscriber.onReconnected());
    }
  }

  private async reconnect(): Promise<Connected | null> {
    for (let attempt = 0; !this.stop.signal.aborted; attempt += 1) {
      try {
        await systemClock.sleep(backoffDelayMs(RECONNECT_BACKOFF, attempt), this.stop.signal);
        return await this.connect();
      } catch (error) {
        if (!this.stop.signal.aborted)
          this.options.logger.warn({ attempt, error: (error as Error).message }, 'cannot listen for changes yet');
      }
    }
    return null;
  }

  private async connect(): Promise<Connected> {
    const client = this.options.connect();
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    client.on('notification', ({ channel, payload }) => this.tell((subscriber) => subscriber.onNotification(channel, payload ?? '')));
    this.client = client;
    try {
      await client.connect();
      for (const channel of this.options.channels) await client.query(`LISTEN ${channel}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    void this.watch(client, lost);
    return { lost };
  }

  /** Asks the connection now and then; one that does not answer is ended, which resolves `lost`. */
  private async watch(client: Client, lost: Promise<void>): Promise<void> {
    const everyMs = this.options.livenessMs ?? 3_000;
    let alive = true;
    void lost.then(() => (alive = false));
    while (alive && !this.stop.signal.aborted) {
      try {
        await systemClock.sleep(everyMs, this.stop.signal);
        if (alive) await withDeadline(client.query('SELECT 1'), everyMs, 'the liveness check');
      } catch {
        // Closed, broken or silent: ending it is right in every case.
        alive = false;
        void client.end();
      }
    }
  }

  private tell(call: (subscriber: NoticeSubscriber) => void): void {
    for (const subscriber of [...this.subscribers]) {
      try {
        call(subscriber);
      } catch (error) {
        this.options.logger.error({ error }, 'a listener for changes threw');
      }
    }
  }
}
