import { z } from 'zod';
import { eventName } from '../decode/event-name';
import { EVENT_TYPES, type EventType } from '../events/event-types';
import { EVENT_DESCRIPTIONS } from './event-descriptions';

export type JsonSchema = Readonly<Record<string, unknown>>;

export const ALL_EVENT_TYPES = Object.keys(EVENT_TYPES) as readonly EventType[];

/**
 * The payload of one type as JSON Schema. It says all that such a schema can say; that dates exist and that ids have at most 512
 * *bytes* is checked by the decoder alone.
 */
export function eventSchema(type: EventType, target: 'draft-2020-12' | 'draft-7'): JsonSchema {
  const schema = z.toJSONSchema(EVENT_TYPES[type].schema, { io: 'input', target });
  const { $schema, ...rest } = schema as { $schema?: string };
  const head = { title: eventName(type), description: EVENT_DESCRIPTIONS[type] };
  return target === 'draft-7' ? { ...head, ...rest } : { $schema, ...head, ...rest };
}
