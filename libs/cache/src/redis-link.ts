import { Command, Redis } from 'ioredis';
import type { Logger } from '@harvest/observability';
import { CircuitBreaker } from './circuit-breaker';
import type { Script } from './redis-scripts';

export interface RedisLinkOptions {
  readonly url: string;
  readonly commandTimeoutMs: number;
  readonly pingMs: number;
  readonly logger: Logger;
  readonly onBreaker: (open: boolean) => void;
}

/** Commands under way at once; what comes on top is a miss. */
const MAX_IN_FLIGHT = 512;
const PINGS_BEFORE_RECONNECT = 6;
const RECONNECT_MAX_MS = 1000;

/**
 * The one connection for commands. `run` never rejects and never waits longer than one command's timeout; while the breaker is
 * open, or the connection is not ready, it does not ask at all. Nothing is queued and nothing is sent twice: what was given up
 * may still be carried out by a server that wakes up, so every write is a compare-and-set.
 */
export class RedisLink {
  private readonly redis: Redis;
  private readonly breaker: CircuitBreaker;
  private pinger: NodeJS.Timeout | undefined;
  private inFlight = 0;
  errors = 0;
  unavailable = 0;

  constructor(private readonly options: RedisLinkOptions) {
    this.breaker = new CircuitBreaker(options.onBreaker, PINGS_BEFORE_RECONNECT);
    this.redis = new Redis(options.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      commandTimeout: options.commandTimeoutMs,
      connectTimeout: 2000,
      socketTimeout: options.pingMs * (PINGS_BEFORE_RECONNECT + 2),
      connectionName: 'harvest-cache',
      retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, 50 * attempt) * (0.75 + Math.random() / 2),
      // A former primary answers READONLY after a failover: connect anew, to where the name points now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      // Its default of two seconds would hold up a process that wants to end while Redis is frozen or gone.
      disconnectTimeout: 200,
    });
    // Without a listener an error event would end the process. The close that follows trips the breaker.
    this.redis.on('error', (error: Error) => options.logger.debug({ err: error }, 'the connection to Redis has an error'));
    this.redis.on('close', () => this.breaker.trip());
    this.redis.on('ready', () => this.breaker.pingAnswered());
  }

  get breakerState(): 'closed' | 'open' {
    return this.breaker.isOpen ? 'open' : 'closed';
  }

  start(): void {
    this.breaker.trip();
    this.redis
      .connect()
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'Redis does not answer yet; the cache goes without it'));
    this.pinger = setInterval(() => void this.ping(), this.options.pingMs);
    this.pinger.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.pinger);
    this.redis.disconnect();
  }

  onReady(listener: () => void): void {
    this.redis.on('ready', listener);
  }

  /** The script's reply (bulk strings as Buffers), or null when Redis cannot be asked or did not answer. */
  async run(script: Script, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.command(async () => {
      try {
        return await this.send('EVALSHA', [script.sha, script.keys, ...keys, ...args]);
      } catch (error) {
        if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return this.send('EVAL', [script.text, script.keys, ...keys, ...args]);
      }
    });
  }

  /**
   * As `callBuffer`, but lets go of the arguments, 20 kB of an answer among them: a command holds on to itself by a function literal
   * assigned to a property, which V8 makes in the old generation, so that it would stay until the next full collection.
   */
  private async send(name: string, args: (string | number | Buffer)[]): Promise<unknown> {
    const command = new Command(name, args, { replyEncoding: null });
    try {
      return await this.redis.sendCommand(command);
    } finally {
      command.args = [];
    }
  }

  /** For people; counted nowhere. */
  async size(): Promise<{ keys: number; bytes: number } | null> {
    if (this.breaker.isOpen || this.redis.status !== 'ready') return null;
    try {
      const [keys, memory] = await Promise.all([this.redis.dbsize(), this.redis.info('memory')]);
      return { keys, bytes: Number(/^used_memory:(\d+)/m.exec(memory)?.[1] ?? 0) };
    } catch (error) {
      if (!isReply(error)) this.breaker.trip();
      return null;
    }
  }

  private async command<T>(send: () => Promise<T>): Promise<T | null> {
    if (this.breaker.isOpen || this.redis.status !== 'ready' || this.inFlight >= MAX_IN_FLIGHT) {
      this.unavailable += 1;
      return null;
    }
    this.inFlight += 1;
    try {
      return await send();
    } catch (error) {
      this.errors += 1;
      // A reply, if only to refuse (memory full, still loading), shows a server that answers.
      if (!isReply(error)) this.breaker.trip();
      this.options.logger.debug({ err: error }, 'Redis did not carry out a command');
      return null;
    } finally {
      this.inFlight -= 1;
    }
  }

  private async ping(): Promise<void> {
    if (this.redis.status !== 'ready') return;
    try {
      await this.redis.ping();
      this.breaker.pingAnswered();
    } catch (error) {
      if (isReply(error)) return this.breaker.pingAnswered();
      if (this.breaker.pingFailed()) this.redis.disconnect(true);
    }
  }
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}
