import { HarvestError } from '@harvest/kernel';
import type { Snapshot } from '@harvest/read-models';

/** Next offsets of some partitions of the log, and the generation that stood there; null: of the log itself (a producer's receipt). */
export interface Position {
  readonly generation: number | null;
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly nextOffset: bigint }[];
}

const FORMAT = 1;
const LONGEST = 64 * 1024;

export function positionOf(snapshot: Pick<Snapshot, 'freshness' | 'positions'>): Position {
  return { generation: snapshot.freshness.generation, offsets: snapshot.positions };
}

/**
 * Opaque and compact: format, generation, then per topic its name and (partition, offset) pairs, all numbers as varints, base64url.
 * Equal positions have equal texts.
 */
export function encodePosition(position: Position): string {
  const bytes: number[] = [FORMAT];
  writeVarint(bytes, BigInt(position.generation ?? 0));
  const topics = Map.groupBy(position.offsets, ({ topic }) => topic);
  writeVarint(bytes, BigInt(topics.size));
  for (const [topic, offsets] of [...topics].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = Buffer.from(topic);
    writeVarint(bytes, BigInt(name.length));
    bytes.push(...name);
    writeVarint(bytes, BigInt(offsets.length));
    for (const { partition, nextOffset } of [...offsets].sort((a, b) => a.partition - b.partition)) {
      writeVarint(bytes, BigInt(partition));
      writeVarint(bytes, nextOffset);
    }
  }
  return Buffer.from(bytes).toString('base64url');
}

/** Rejects what `encodePosition` did not make with `invalid-position`. */
export function decodePosition(text: string): Position {
  const reader = new VarintReader(text.length <= LONGEST ? Buffer.from(text, 'base64url') : Buffer.alloc(0));
  if (reader.byte() !== FORMAT) throw invalidPosition();
  const generation = reader.number();
  const offsets: { topic: string; partition: number; nextOffset: bigint }[] = [];
  for (let topics = reader.number(); topics > 0; topics -= 1) {
    const topic = reader.text(reader.number());
    for (let partitions = reader.number(); partitions > 0; partitions -= 1) {
      offsets.push({ topic, partition: reader.number(), nextOffset: reader.varint() });
    }
  }
  if (!reader.ended()) throw invalidPosition();
  return { generation: generation === 0 ? null : generation, offsets };
}

/**
 * Whether an answer that stands at `position` holds everything before `least`. Offsets are the log's, so generations compare.
 * A topic that the answer does not depend on asks nothing of it; a partition it should know and does not is not covered.
 */
export function covers(position: Position, least: Position): boolean {
  const topics = new Set(position.offsets.map(({ topic }) => topic));
  const reached = new Map(position.offsets.map(({ topic, partition, nextOffset }) => [`${topic} ${partition}`, nextOffset]));
  return least.offsets.every(({ topic, partition, nextOffset }) => {
    if (!topics.has(topic)) return true;
    const at = reached.get(`${topic} ${partition}`);
    return at !== undefined && at >= nextOffset;
  });
}

function writeVarint(bytes: number[], value: bigint): void {
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
}

class VarintReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw invalidPosition();
    this.at += 1;
    return byte;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 63n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw invalidPosition();
  }

  number(): number {
    const value = this.varint();
    if (value > 0x7fffffffn) throw invalidPosition();
    return Number(value);
  }

  text(length: number): string {
    const slice = this.bytes.subarray(this.at, this.at + length);
    if (slice.length < length) throw invalidPosition();
    this.at += length;
    return slice.toString();
  }

  ended(): boolean {
    return this.at === this.bytes.length;
  }
}

export function invalidPosition(): HarvestError {
  return new HarvestError({
    code: 'invalid-position',
    message: 'this is not a position: give back an X-Position, or the position of a publication, as it came',
    context: { parameter: 'minPosition' },
  });
}
