import type { EventType, PayloadOf, RecordToAppend } from '@harvest/contracts';
import { encodeEvent } from '@harvest/contracts';

type IngestionEventType = Extract<EventType, `ingestion.${string}`>;

/** An event about an ingestion; its id differs each time, since a run that goes on says `started` again. */
export function ingestionRecord<T extends IngestionEventType>(
  ingestion: { readonly ingestionId: string; readonly topicPrefix: string },
  type: T,
  payload: Omit<PayloadOf<T>, 'ingestionId'>,
): RecordToAppend {
  const { ingestionId, topicPrefix } = ingestion;
  const id = `${type.slice('ingestion.'.length)}-${crypto.randomUUID()}`;
  const about = { ...payload, ingestionId } as PayloadOf<T>;
  return encodeEvent({ type, payload: about, id, source: 'harvest', ingestionId, time: new Date().toISOString() }, { topicPrefix });
}
