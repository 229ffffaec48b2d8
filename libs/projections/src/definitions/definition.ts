import type { Envelope, EventOf, EventType, Tombstone } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';

/** What a definition sees of an event. The rest of its envelope has been judged, and is not carried along. */
export type FactEventOf<T extends EventType> = Omit<EventOf<T>, 'envelope'> & { readonly envelope: Pick<Envelope, 'sequence'> };

/** Discriminated by `type`. */
export type FactEvent = { [T in EventType]: FactEventOf<T> }[EventType];

/** What a definition is fed: a decoded fact with its place in the log. Time comes from here, never from a clock. */
export interface Fact {
  readonly event: FactEvent | Tombstone;
  readonly partition: number;
  readonly offset: Offset;
  /** The log's timestamp, UTC milliseconds. */
  readonly timestampMs: number;
  /** 64-bit fingerprint (signed) of what the record says; null where nothing compares it. */
  readonly fingerprint: bigint | null;
}

/** How a definition takes one fact. `sequence-missing`: its half has seen a sequence, and takes none without. */
export type Outcome = 'projected' | 'superseded' | 'sequence-missing';

/** A versioned, pure projection: no clock, no I/O. Changed code needs a new version beside the old one. */
export interface ProjectionDefinition {
  readonly name: string;
  readonly version: number;
  readonly handles: readonly (EventType | 'tombstone')[];
}
