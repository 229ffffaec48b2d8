import type { AppendedRecord, LogAppender, RecordToAppend } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import { backoffDelayMs, isHarvestError } from '@harvest/kernel';

const BACKOFF = { firstMs: 100, maxMs: 5000 };

/** Appends one record, again after retriable failures, for `retryForMs` at most; it may then be in the log more than once. */
export async function appendWithRetry(
  log: LogAppender,
  record: RecordToAppend,
  { clock, retryForMs }: { readonly clock: Clock; readonly retryForMs: number },
): Promise<AppendedRecord> {
  const giveUpMs = clock.nowMs() + retryForMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return (await log.append([record]))[0] as AppendedRecord;
    } catch (error) {
      if (!isHarvestError(error) || !error.retriable || clock.nowMs() >= giveUpMs) throw error;
      await clock.sleep(backoffDelayMs(BACKOFF, attempt));
    }
  }
}
