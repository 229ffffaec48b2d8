import type { HarvestError } from '@harvest/kernel';
import { isHarvestError } from '@harvest/kernel';
import { appendFailed, asUnreachable, logUnreachable, outOfRange, recordTooLarge, topicMissing } from '../log-errors';

const UNREACHABLE_NAMES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSTimeout',
  'KafkaJSNoBrokerAvailableError',
]);

/** An error and what caused it, outermost first; bounded, as causes may form a ring. */
function* chainOf(error: unknown): Generator<Error & { type?: string }> {
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    yield current;
    current = current.cause ?? (current as { originalError?: unknown }).originalError;
  }
}

/** Kafka's own name of a protocol error, such as `UNKNOWN_TOPIC_OR_PARTITION`, wherever kafkajs has wrapped it. */
export function protocolErrorType(error: unknown): string | null {
  for (const link of chainOf(error)) if (link.type !== undefined) return link.type;
  return null;
}

function isUnreachable(error: unknown): boolean {
  for (const link of chainOf(error)) if (UNREACHABLE_NAMES.has(link.name)) return true;
  return false;
}

interface AppendContext {
  readonly topic: string;
  readonly where: string;
  readonly largestBytes: number;
}

/** Total: whatever went wrong while appending, as a coded error. */
export function classifyAppendError(error: unknown, { topic, where, largestBytes }: AppendContext): HarvestError {
  if (isHarvestError(error)) return asUnreachable(where, error);
  switch (protocolErrorType(error)) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return topicMissing([topic], error);
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return recordTooLarge(topic, largestBytes, error);
    default:
      return isUnreachable(error) ? logUnreachable(where, error) : appendFailed(topic, error, true);
  }
}

/** Total: whatever went wrong while asking about or reading topics. */
export function classifyLogError(error: unknown, { topics, where }: { topics: readonly string[]; where: string }): HarvestError {
  if (isHarvestError(error)) return asUnreachable(where, error);
  const type = protocolErrorType(error);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return topicMissing(topics, error);
  if (type === 'OFFSET_OUT_OF_RANGE') return outOfRange(topics[0] ?? '', -1, 'the log does not hold the position asked for');
  return logUnreachable(where, error);
}
