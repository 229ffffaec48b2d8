import type { LogRecord } from '@harvest/contracts';
import { ByteReader } from './byte-reader';
import { type BatchHeader, isAbortMarker, readBatchHeader, unpackBatch } from './record-batch';

/** What one fetch brought for one partition, smuggled through kafkajs as a single message at the last offset. */
export interface CarrierMessage {
  /** Of the last record, marker or gap passed over, as kafkajs wants it. */
  readonly offset: string;
  readonly isControlRecord: false;
  readonly records: readonly LogRecord[];
  readonly sizeBytes: number;
}

export interface DecodeLimits {
  /** A single batch may become this large; see `unpackBatch`. */
  readonly maxBatchBytes: number;
  /** Once a response holds this much, its other batches wait for the next fetch. */
  readonly maxResponseBytes: number;
}

export const DEFAULT_LIMITS: DecodeLimits = { maxBatchBytes: 32 * 1024 * 1024, maxResponseBytes: 16 * 1024 * 1024 };

export type FetchOffsetOf = (topic: string, partition: number) => bigint;

interface ResponseContext {
  readonly version: number;
  readonly fetchOffsetOf: FetchOffsetOf;
  readonly limits: DecodeLimits;
  heldBytes: number;
}

/** A fetch response of versions 4 to 11, in the shape that kafkajs expects of its own decoder. */
export async function decodeFetchResponse(
  raw: Buffer,
  version: number,
  options: { fetchOffsetOf: FetchOffsetOf; limits: DecodeLimits },
): Promise<unknown> {
  const reader = new ByteReader(raw);
  const context: ResponseContext = { version, ...options, heldBytes: 0 };
  const throttleMs = reader.int32();
  if (version >= 7) reader.position += 6;
  const responses = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topicName = reader.string();
    const partitions = [];
    for (let count = reader.int32(); count > 0; count -= 1) partitions.push(await readPartition(reader, topicName, context));
    responses.push({ topicName, partitions });
  }
  return { throttleTime: version >= 8 ? 0 : throttleMs, ...(version >= 8 ? { clientSideThrottleTime: throttleMs } : {}), responses };
}

async function readPartition(reader: ByteReader, topic: string, context: ResponseContext) {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64().toString();
  reader.position += context.version >= 5 ? 16 : 8;
  const aborted = readAborted(reader);
  if (context.version >= 11) reader.position += 4;
  const batches = reader.take(Math.max(0, reader.int32()));
  const carrier =
    errorCode === 0 ? await readBatches(new ByteReader(batches), context.fetchOffsetOf(topic, partition), { aborted, context }) : null;
  return { partition, errorCode, highWatermark, abortedTransactions: [], messages: carrier === null ? [] : [carrier] };
}

interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

function readAborted(reader: ByteReader): AbortedTransaction[] {
  const aborted: AbortedTransaction[] = [];
  for (let count = reader.int32(); count > 0; count -= 1) aborted.push({ producerId: reader.int64(), firstOffset: reader.int64() });
  return aborted.sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
}

async function readBatches(
  reader: ByteReader,
  fetchOffset: bigint,
  { aborted, context }: { aborted: readonly AbortedTransaction[]; context: ResponseContext },
): Promise<CarrierMessage | null> {
  const isVisible = visibilityFilter(aborted);
  const records: LogRecord[] = [];
  let sizeBytes = 0;
  let lastOffset = fetchOffset - 1n;
  for (let header = nextHeader(reader, context); header !== null; header = nextHeader(reader, context)) {
    if (header.lastOffset < fetchOffset || !isVisible(header)) {
      if (header.lastOffset > lastOffset) lastOffset = header.lastOffset;
      continue;
    }
    const unpacked = await unpackBatch(header, fetchOffset, context.limits.maxBatchBytes);
    for (const record of unpacked.records) records.push(record);
    sizeBytes += unpacked.sizeBytes;
    context.heldBytes += unpacked.sizeBytes;
    lastOffset = header.lastOffset;
  }
  return lastOffset < fetchOffset ? null : { offset: lastOffset.toString(), isControlRecord: false, records, sizeBytes };
}

/** Stops when the response holds enough: what is left out is fetched again. */
function nextHeader(reader: ByteReader, context: ResponseContext): BatchHeader | null {
  return context.heldBytes >= context.limits.maxResponseBytes ? null : readBatchHeader(reader);
}

/** Hides markers and what aborted transactions wrote; batches must come in log order. */
function visibilityFilter(aborted: readonly AbortedTransaction[]): (header: BatchHeader) => boolean {
  const abortedProducers = new Set<bigint>();
  let next = 0;
  return (header) => {
    for (let entry = aborted[next]; entry !== undefined && entry.firstOffset <= header.lastOffset; entry = aborted[next]) {
      abortedProducers.add(entry.producerId);
      next += 1;
    }
    if (header.isControl) {
      if (isAbortMarker(header)) abortedProducers.delete(header.producerId);
      return false;
    }
    return !(header.isTransactional && abortedProducers.has(header.producerId));
  };
}
