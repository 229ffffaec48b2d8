import type { AppendedRecord, LogAppender, RecordToAppend } from '@harvest/contracts';
import type { BackoffPolicy, Clock } from '@harvest/kernel';
import { backoffDelayMs, isHarvestError } from '@harvest/kernel';

export interface OrderedAppenderOptions {
  /** Batches given and not yet acknowledged. Bounds the memory: they are kept for a retry. */
  readonly maxInFlight: number;
  /** How long retriable failures are retried before the last one is thrown. */
  readonly retryForMs: number;
  readonly backoff: BackoffPolicy;
}

interface InFlight<T> {
  readonly batch: readonly T[];
  readonly result: Promise<readonly AppendedRecord[] | Error>;
}

/**
 * Hands batches to the log one after the other while the next ones are being made. When one fails, it and all behind it are appended
 * again, in order: a key's last record in the log is the last one given, whatever failed in between. (Calls of `append` that
 * overlap have no order on the embedded log, where each is a transaction.)
 */
export class OrderedAppender<T extends { readonly record: RecordToAppend }> {
  private readonly inFlight: InFlight<T>[] = [];
  private last: InFlight<T>['result'] = Promise.resolve([]);

  constructor(
    private readonly log: LogAppender,
    private readonly clock: Clock,
    private readonly options: OrderedAppenderOptions,
    private readonly acknowledged: (batch: readonly T[], positions: readonly AppendedRecord[]) => void,
  ) {}

  /** Returns when there is room for the next one. @throws what the log rejects with, once retrying is over. */
  async append(batch: readonly T[]): Promise<void> {
    this.inFlight.push(this.send(batch));
    if (this.inFlight.length >= this.options.maxInFlight) await this.settleOldest();
  }

  /** Waits for everything given so far. */
  async drain(): Promise<void> {
    while (this.inFlight.length > 0) await this.settleOldest();
  }

  private send(batch: readonly T[]): InFlight<T> {
    const records = batch.map(({ record }) => record);
    this.last = this.last.then((before) =>
      before instanceof Error ? before : this.log.append(records).catch((error: unknown) => error as Error),
    );
    return { batch, result: this.last };
  }

  private async settleOldest(): Promise<void> {
    const oldest = this.inFlight[0];
    if (oldest === undefined) return;
    const result = await oldest.result;
    if (result instanceof Error) return this.repeatAll(result);
    this.inFlight.shift();
    this.acknowledged(oldest.batch, result);
  }

  private async repeatAll(first: Error): Promise<void> {
    const giveUpMs = this.clock.nowMs() + this.options.retryForMs;
    let failure = first;
    for (let attempt = 0; this.inFlight.length > 0;) {
      await Promise.all(this.inFlight.map(({ result }) => result));
      if (!isHarvestError(failure) || !failure.retriable || this.clock.nowMs() >= giveUpMs) throw failure;
      await this.clock.sleep(backoffDelayMs(this.options.backoff, attempt));
      attempt += 1;
      failure = (await this.repeatOnce()) ?? failure;
    }
  }

  /** One after the other; the failure of the first that fails, which stays in flight with those behind it. */
  private async repeatOnce(): Promise<Error | null> {
    while (this.inFlight.length > 0) {
      const { batch } = this.inFlight[0] as InFlight<T>;
      this.last = Promise.resolve([]);
      const result = await this.send(batch).result;
      if (result instanceof Error) return result;
      this.inFlight.shift();
      this.acknowledged(batch, result);
    }
    return null;
  }
}
