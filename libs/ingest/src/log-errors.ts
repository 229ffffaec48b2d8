import { HarvestError, isHarvestError } from '@harvest/kernel';

/** The log did not answer, or not in time. */
export function logUnreachable(where: string, cause: unknown): HarvestError {
  return new HarvestError({
    code: 'log-unreachable',
    retriable: true,
    message: `the event log at ${where} does not answer (${messageOf(cause)}); check that it runs and that the address is right`,
    cause,
    context: { where },
  });
}

export function topicMissing(topics: readonly string[], cause?: unknown): HarvestError {
  return new HarvestError({
    code: 'topic-missing',
    message: `no such topic: ${topics.join(', ')}; create it with \`harvest topics create\`, or correct the topic prefix`,
    cause,
    context: { topics },
  });
}

export function partitionMissing(topic: string, partition: number, partitions: number): HarvestError {
  return new HarvestError({
    code: 'partition-missing',
    message: `topic ${topic} has partitions 0 to ${partitions - 1}, not ${partition}; leave the partition to the partitioner`,
    context: { topic, partition, partitions },
  });
}

export function appendFailed(topic: string, cause: unknown, retriable: boolean): HarvestError {
  return new HarvestError({
    code: 'append-failed',
    retriable,
    message: `records for ${topic} could not be appended (${messageOf(cause)}); some may be in the log, appending them again is harmless`,
    cause,
    context: { topic },
  });
}

export function recordTooLarge(topic: string, sizeBytes: number, cause?: unknown): HarvestError {
  return new HarvestError({
    code: 'record-too-large',
    message: `a record of ${sizeBytes} bytes is more than topic ${topic} takes; shorten it, or raise the topic's max.message.bytes`,
    cause,
    context: { topic, sizeBytes },
  });
}

/** The log no longer holds what was asked for, or holds a different log under the same name. */
export function outOfRange(topic: string, partition: number, detail: string): HarvestError {
  return new HarvestError({
    code: 'offset-out-of-range',
    message: `${topic}/${partition}: ${detail}; the topic was shortened by its retention, or deleted and created again`,
    context: { topic, partition },
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A deadline that ran out means that the log does not answer; other coded errors stay what they are. */
export function asUnreachable(where: string, error: unknown): HarvestError {
  if (isHarvestError(error) && error.code !== 'deadline-exceeded') return error;
  return logUnreachable(where, error);
}
