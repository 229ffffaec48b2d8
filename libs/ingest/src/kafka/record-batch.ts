import type { LogHeaders, LogRecord } from '@harvest/contracts';
import { isHarvestError, type Offset } from '@harvest/kernel';
import { CODEC_NAMES, decompress } from '../codecs/decompress';
import { corruptInput, outputTooLarge } from '../codecs/bounded-output';
import { ByteReader } from './byte-reader';
import { readHeaders } from './record-headers';

/** Bytes before the records of a batch of format 2, the only one written since Kafka 0.11. */
const HEADER_BYTES = 61;

/** An uncompressed batch of the broker's 1 MiB holds 150,000 records at most; more is a bomb of tiny ones. */
const MAX_RECORDS_PER_BATCH = 200_000;

/** Marks the stand-in for a batch that cannot be unpacked; its value is the error's code. */
export const UNREADABLE_BATCH_HEADER = 'harvest-unreadable-batch';

export interface BatchHeader {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  readonly codecNumber: number;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  readonly logAppendTimeMs: number | null;
  readonly baseTimestampMs: number;
  readonly producerId: bigint;
  readonly recordCount: number;
  /** The records' bytes, compressed or not: a view of the response. */
  readonly body: Buffer;
}

/** Null when the rest is an incomplete batch, which a fetch may end with. */
export function readBatchHeader(reader: ByteReader): BatchHeader | null {
  const start = reader.position;
  if (reader.bytes.length - start < HEADER_BYTES) return null;
  const length = reader.bytes.readInt32BE(start + 8);
  if (reader.bytes.length - start - 12 < length) return null;
  const magic = reader.bytes.readInt8(start + 16);
  if (magic !== 2) throw corruptInput('record', `message format ${magic} is older than Kafka 0.11`);
  reader.position = start + 12 + length;
  return parseHeader(reader.bytes, start, reader.position);
}

function parseHeader(bytes: Buffer, start: number, end: number): BatchHeader {
  const attributes = bytes.readInt16BE(start + 21);
  const baseOffset = bytes.readBigInt64BE(start);
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(bytes.readInt32BE(start + 23)),
    codecNumber: attributes & 0x07,
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    logAppendTimeMs: attributes & 0x08 ? Number(bytes.readBigInt64BE(start + 35)) : null,
    baseTimestampMs: Number(bytes.readBigInt64BE(start + 27)),
    producerId: bytes.readBigInt64BE(start + 43),
    recordCount: bytes.readInt32BE(start + 57),
    body: bytes.subarray(start + HEADER_BYTES, end),
  };
}

/** True for the marker that ends a transaction by aborting it. */
export function isAbortMarker(header: BatchHeader): boolean {
  if (!header.isControl) return false;
  const reader = new ByteReader(header.body);
  reader.varint();
  reader.int8();
  reader.varint();
  reader.varint();
  const key = reader.varBytes();
  return key !== null && key.readInt16BE(2) === 0;
}

export interface UnpackedBatch {
  readonly records: readonly LogRecord[];
  readonly sizeBytes: number;
}

/**
 * The records from `from` on. A batch that cannot be unpacked (too large unpacked, or damaged) becomes *one* record at its first
 * offset without a key, holding the bytes as the log has them: it is rejected and dead-lettered like any other bad record,
 * nothing is lost, and one hostile batch cannot stop the consumer. The batch's other offsets are then gaps.
 */
export async function unpackBatch(header: BatchHeader, from: bigint, maxBytes: number): Promise<UnpackedBatch> {
  try {
    const body = await unpackedBody(header, maxBytes);
    return { records: readRecords(header, new ByteReader(body), from), sizeBytes: body.length };
  } catch (error) {
    const code = isHarvestError(error) ? error.code : 'codec-input-corrupt';
    return { records: [standIn(header, from, code)], sizeBytes: header.body.length };
  }
}

/** Copied, so that a record kept in a queue does not keep the whole response alive. */
async function unpackedBody(header: BatchHeader, maxBytes: number): Promise<Buffer> {
  const codec = CODEC_NAMES[header.codecNumber];
  if (codec === undefined) throw corruptInput(`codec ${header.codecNumber}`, 'unknown codec');
  if (header.recordCount > MAX_RECORDS_PER_BATCH) throw outputTooLarge(codec, maxBytes);
  return codec === 'none' ? Buffer.from(header.body) : decompress(codec, header.body, maxBytes);
}

function standIn(header: BatchHeader, from: bigint, code: string): LogRecord {
  return {
    offset: (header.baseOffset < from ? from : header.baseOffset) as Offset,
    timestampMs: header.logAppendTimeMs ?? header.baseTimestampMs,
    key: null,
    value: Buffer.from(header.body),
    headers: { [UNREADABLE_BATCH_HEADER]: Buffer.from(code) },
  };
}

function readRecords(header: BatchHeader, reader: ByteReader, from: bigint): LogRecord[] {
  const records: LogRecord[] = [];
  for (let index = 0; index < header.recordCount; index += 1) {
    const record = readRecord(header, reader);
    if (record.offset >= from) records.push(record);
  }
  return records;
}

function readRecord(header: BatchHeader, reader: ByteReader): LogRecord {
  const length = reader.varint();
  const end = reader.position + length;
  reader.int8();
  const timestampMs = header.baseTimestampMs + reader.varint();
  const offset = (header.baseOffset + BigInt(reader.varint())) as Offset;
  const keyAt = reader.position;
  reader.passVarBytes();
  const valueAt = reader.position;
  reader.passVarBytes();
  const headersAt = reader.position;
  for (let fields = 2 * reader.varint(); fields > 0; fields -= 1) reader.passVarBytes();
  if (reader.position !== end) throw new RangeError(`a record's length is wrong at offset ${offset}`);
  return new PackedRecord(reader.bytes, { offset, timestampMs: header.logAppendTimeMs ?? timestampMs, keyAt, valueAt, headersAt });
}

interface Packing extends Pick<LogRecord, 'offset' | 'timestampMs'> {
  readonly keyAt: number;
  readonly valueAt: number;
  readonly headersAt: number;
}

/**
 * A record within its batch's bytes. Ten thousands wait in queues, and as many Buffers as a record has parts would outlive every
 * collection of young garbage there; so they are made when asked for, anew each time. Its whole extent has been checked.
 */
class PackedRecord implements LogRecord {
  readonly offset: Offset;
  readonly timestampMs: number;
  private readonly keyAt: number;
  private readonly valueAt: number;
  private readonly headersAt: number;

  constructor(
    private readonly bytes: Buffer,
    packing: Packing,
  ) {
    this.offset = packing.offset;
    this.timestampMs = packing.timestampMs;
    this.keyAt = packing.keyAt;
    this.valueAt = packing.valueAt;
    this.headersAt = packing.headersAt;
  }

  get key(): Buffer | null {
    return new ByteReader(this.bytes, this.keyAt).varBytes();
  }

  get value(): Buffer | null {
    return new ByteReader(this.bytes, this.valueAt).varBytes();
  }

  get headers(): LogHeaders {
    return readHeaders(new ByteReader(this.bytes, this.headersAt));
  }
}
