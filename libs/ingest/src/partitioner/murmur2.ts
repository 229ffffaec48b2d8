const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** Murmur2 as Kafka's Java client has it: a signed 32-bit hash of a key's bytes. */
export function murmur2(key: Buffer): number {
  const length = key.length;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let index = 0; index < whole; index += 4) {
    let word = Math.imul(key.readInt32LE(index), MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  if (whole < length) hash = Math.imul(hash ^ tailOf(key, whole), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

function tailOf(key: Buffer, from: number): number {
  let tail = 0;
  for (let index = key.length - 1; index >= from; index -= 1) tail = (tail << 8) | (key[index] ?? 0);
  return tail;
}
