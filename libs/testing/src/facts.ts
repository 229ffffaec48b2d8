import { EVENT_TYPES } from '@harvest/contracts';
import type { EventOf, EventType, HarvestEvent, LogRecord, PayloadOf, RecordToAppend, Tombstone } from '@harvest/contracts';
import { toOffset } from '@harvest/kernel';

/** A decoded event, for tests of what comes after decoding. The subject is what the payload names. */
export function eventOf<T extends EventType>(type: T, payload: PayloadOf<T>, sequence: number | bigint | null = null): EventOf<T> {
  const subject = String((payload as Record<string, unknown>)[EVENT_TYPES[type].subjectField]);
  return {
    kind: 'event',
    type,
    subject,
    payload,
    envelope: {
      id: `${type}/${subject}`,
      source: 'test',
      time: null,
      ingestionId: null,
      sequence: sequence === null ? null : BigInt(sequence),
      traceparent: null,
    },
  };
}

export function tombstoneOf(subject: string): Tombstone {
  return { kind: 'tombstone', subject };
}

/** An event with its place in the log. */
export function factAt(
  event: EventOf<EventType> | HarvestEvent | Tombstone,
  offset: number,
  place: { partition?: number; timestampMs?: number } = {},
) {
  return {
    event: event as HarvestEvent | Tombstone,
    partition: place.partition ?? 0,
    offset: toOffset(offset),
    timestampMs: place.timestampMs ?? 1_700_000_000_000 + offset,
    fingerprint: BigInt(offset) + 1_000n,
  };
}

/** A record of the log as a producer's append leaves it there. */
export function recordAt(appended: RecordToAppend, offset: number, timestampMs = 1_700_000_000_000 + offset): LogRecord {
  return { offset: toOffset(offset), timestampMs, key: appended.key, value: appended.value, headers: appended.headers };
}
