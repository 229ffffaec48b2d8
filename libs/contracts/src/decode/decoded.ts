import type { EventType, PayloadOf } from '../events/event-types';
import type { RejectionCode } from './rejection-codes';

export { REJECTION_CODES, type RejectionCode } from './rejection-codes';

/** The envelope's attributes that the house uses; see 2-events. */
export interface Envelope {
  readonly id: string;
  readonly source: string;
  readonly time: string | null;
  readonly ingestionId: string | null;
  /** The version of the subject's half, when the producer gives one. */
  readonly sequence: bigint | null;
  readonly traceparent: string | null;
}

/** A decoded fact of one type. `subject` equals the record's key. */
export interface EventOf<T extends EventType> {
  readonly kind: 'event';
  readonly type: T;
  readonly subject: string;
  readonly envelope: Envelope;
  readonly payload: PayloadOf<T>;
}

/** Discriminated by `type`. */
export type HarvestEvent = { [T in EventType]: EventOf<T> }[EventType];

/** A null value: delete the subject. */
export interface Tombstone {
  readonly kind: 'tombstone';
  readonly subject: string;
}

/** A type that this version does not know: counted and passed over. */
export interface IgnoredRecord {
  readonly kind: 'ignored';
  readonly type: string;
}

/** Can never succeed as it is. */
export interface RejectedRecord {
  readonly kind: 'rejected';
  /** Stable, kebab-case; listed in docs/events. */
  readonly code: RejectionCode;
  /** Where in the record: `key`, `headers.ce_id`, `value`, or a JSON path such as `payload.authors[2].name`. */
  readonly path: string;
  /** The rule that was broken and what to do, in words. */
  readonly reason: string;
}

export type Decoded = HarvestEvent | Tombstone | IgnoredRecord | RejectedRecord;
