import type { RecordToAppend } from '@harvest/contracts';

/** Below the broker's default of 1 MiB per request batch, framing included. */
export const MAX_CHUNK_BYTES = 900_000;
/** kafkajs groups a request's records in quadratic time. */
export const MAX_CHUNK_RECORDS = 1_000;
/** A value may be 1 MiB, and key, headers and framing come on top: Kafka's default would refuse a legal event. */
export const MAX_RECORD_BYTES = 2 * 1024 * 1024;
/** Per record: lengths, timestamps, attributes. */
const FRAMING_BYTES = 32;

/** A record and its place in the caller's list. */
export interface IndexedRecord {
  readonly index: number;
  readonly record: RecordToAppend;
}

export function recordBytes(record: RecordToAppend): number {
  let bytes = FRAMING_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers)) bytes += name.length + value.length + 4;
  return bytes;
}

/** In order; a record larger than a chunk goes alone. */
export function* chunksOf(records: readonly IndexedRecord[]): Generator<IndexedRecord[]> {
  let chunk: IndexedRecord[] = [];
  let bytes = 0;
  for (const entry of records) {
    const size = recordBytes(entry.record);
    if (chunk.length > 0 && (bytes + size > MAX_CHUNK_BYTES || chunk.length >= MAX_CHUNK_RECORDS)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

export function byTopic(records: readonly RecordToAppend[]): ReadonlyMap<string, IndexedRecord[]> {
  const topics = new Map<string, IndexedRecord[]>();
  records.forEach((record, index) => {
    const list = topics.get(record.topic);
    if (list === undefined) topics.set(record.topic, [{ index, record }]);
    else list.push({ index, record });
  });
  return topics;
}
