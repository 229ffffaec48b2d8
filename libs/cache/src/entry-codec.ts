import type { CachedAnswer } from '@harvest/read-models';

/**
 * One binary value: format, TTL it was stored with, staleness, ETag, position, body. Another format's value is a miss.
 * No wall clock is in it: an entry's age is what the server's own clock has taken off its TTL.
 */
const FORMAT = 1;
const FIXED_BYTES = 1 + 4 + 8 + 1 + 2;

export function encodeEntry(answer: CachedAnswer, ttlMs: number): Buffer {
  const etag = Buffer.from(answer.etag, 'latin1');
  const position = Buffer.from(answer.position, 'latin1');
  const header = Buffer.allocUnsafe(FIXED_BYTES);
  header.writeUInt8(FORMAT, 0);
  header.writeUInt32BE(ttlMs, 1);
  header.writeDoubleBE(answer.stalenessMs, 5);
  header.writeUInt8(etag.length, 13);
  header.writeUInt16BE(position.length, 14);
  return Buffer.concat([header, etag, position, answer.body]);
}

/**
 * @param remainingMs what is left of the TTL by the server's clock; negative: unknown, taken as none left.
 * @param nowMs of this process; the answer's age from here on is counted from it.
 */
export function decodeEntry(value: Buffer, remainingMs: number, nowMs: number): CachedAnswer | null {
  if (value.length < FIXED_BYTES || value.readUInt8(0) !== FORMAT) return null;
  const etagEnd = FIXED_BYTES + value.readUInt8(13);
  const bodyStart = etagEnd + value.readUInt16BE(14);
  if (bodyStart > value.length) return null;
  const ageMs = Math.max(0, value.readUInt32BE(1) - Math.max(0, remainingMs));
  return {
    body: value.subarray(bodyStart),
    etag: value.toString('latin1', FIXED_BYTES, etagEnd),
    position: value.toString('latin1', etagEnd, bodyStart),
    stalenessMs: value.readDoubleBE(5) + ageMs,
    storedMs: nowMs,
  };
}
