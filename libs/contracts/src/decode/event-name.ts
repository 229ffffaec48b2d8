import { EVENT_TYPES, type EventType } from '../events/event-types';

export const TYPE_PREFIX = 'harvester.';
/** The payload version that this product speaks; older ones are lifted by upcasters. */
export const CURRENT_VERSION = 1;

/** `harvester.artifact.observed.v1` */
export function eventName(type: EventType): string {
  return `${TYPE_PREFIX}${type}.v${CURRENT_VERSION}`;
}

export type EventName =
  | { readonly kind: 'known'; readonly type: EventType; readonly version: number | null }
  | { readonly kind: 'unknown'; readonly name: string };

const CURRENT_NAMES: ReadonlyMap<string, EventName> = new Map(
  (Object.keys(EVENT_TYPES) as EventType[]).map((type) => [eventName(type), { kind: 'known', type, version: CURRENT_VERSION }]),
);
const VERSIONED = /^harvester\.([a-z.-]{1,64})\.v(0|[1-9]\d{0,8})$/;
const PREFIXED = /^harvester\.([a-z.-]{1,64}?)(\.v[^.]*)?$/;

/** Version null: a known type whose version is missing or no number. */
export function readEventName(name: string): EventName {
  return CURRENT_NAMES.get(name) ?? readUncommonName(name);
}

function readUncommonName(name: string): EventName {
  const [, type = '', version] = VERSIONED.exec(name) ?? PREFIXED.exec(name) ?? [];
  if (!isEventType(type)) return { kind: 'unknown', name };
  return { kind: 'known', type, version: version !== undefined && /^\d+$/.test(version) ? Number(version) : null };
}

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_TYPES, type);
}
