import {
  encodeEvent,
  encodeTombstone,
  type EventToEncode,
  type EventType,
  type PayloadOf,
  type RecordToAppend,
  DEFAULT_TOPIC_PREFIX,
} from '@harvest/contracts';
import { samplePayload } from './sample-payloads';

export interface BuiltEvent<T extends EventType> {
  readonly payload: PayloadOf<T>;
  /** As a producer would append it; the partition is left to the partitioner. */
  readonly record: RecordToAppend;
}

/** What surrounds the payload; all have defaults that do not change from run to run. */
export interface Surroundings {
  readonly id?: string;
  readonly source?: string;
  readonly time?: string;
  readonly ingestionId?: string;
  readonly sequence?: number | bigint;
  readonly topicPrefix?: string;
}

/** A valid event of any type: the sample payload with `fields` laid over it. */
export function anEvent<T extends EventType>(type: T, fields: Partial<PayloadOf<T>> = {}, around: Surroundings = {}): BuiltEvent<T> {
  const payload = { ...samplePayload(type), ...fields };
  const { sequence, topicPrefix = DEFAULT_TOPIC_PREFIX, ...attributes } = around;
  const event: EventToEncode<T> = { type, payload, id: `${type}-1`, source: 'tests', ...attributes };
  const record = encodeEvent(sequence === undefined ? event : { ...event, sequence: BigInt(sequence) }, { topicPrefix });
  return { payload, record };
}

type Build<T extends EventType> = (fields?: Partial<PayloadOf<T>>, around?: Surroundings) => BuiltEvent<T>;
const builderOf =
  <T extends EventType>(type: T): Build<T> =>
  (fields, around) =>
    anEvent(type, fields, around);

export const anArtifactObserved = builderOf('artifact.observed');
export const anArtifactClassified = builderOf('artifact.classified');
export const anArtifactRetracted = builderOf('artifact.retracted');
export const aScoreComputed = builderOf('score.computed');
export const anIngestionStarted = builderOf('ingestion.started');
export const anIngestionProgressed = builderOf('ingestion.progressed');
export const anIngestionCompleted = builderOf('ingestion.completed');
export const anIngestionFailed = builderOf('ingestion.failed');

/** The null value that deletes an artifact. */
export function aTombstone(artifactId: string, topicPrefix: string = DEFAULT_TOPIC_PREFIX): { readonly record: RecordToAppend } {
  return { record: encodeTombstone(artifactId, { topicPrefix }) };
}
