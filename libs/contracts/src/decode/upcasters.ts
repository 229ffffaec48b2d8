import type { EventType } from '../events/event-types';

/** Lifts a payload of an older version to the current one. Pure; may assume nothing about the payload but that it is JSON. */
export interface Upcaster {
  readonly type: EventType;
  readonly version: number;
  upcast(payload: unknown): unknown;
}

/** No type has an older version yet. */
export const UPCASTERS: readonly Upcaster[] = [];

export function findUpcaster(upcasters: readonly Upcaster[], type: EventType, version: number | null): Upcaster | null {
  return upcasters.find((upcaster) => upcaster.type === type && upcaster.version === version) ?? null;
}
