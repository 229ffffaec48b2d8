/** Slots; with two processes' worth of different questions between two of the same, a third is forgotten, which costs one more miss. */
const SLOTS = 8_192;

/**
 * Remembers, roughly, which keys knocked lately: one hash a slot, the later one stays. It may forget a key; it takes one for another
 * once in four thousand millions.
 */
export class Doorkeeper {
  private readonly hashes = new Uint32Array(SLOTS);

  /** Whether this key has knocked before; remembers that it has now. */
  knock(key: string): boolean {
    const hash = fnv1a(key);
    const slot = hash % SLOTS;
    const known = this.hashes[slot] === hash;
    this.hashes[slot] = hash;
    return known;
  }
}

/** FNV-1a, 32 bits, over UTF-16 units. Source: draft-eastlake-fnv, offset basis 2166136261, prime 16777619. Never 0, an empty slot. */
function fnv1a(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return hash >>> 0 || 1;
}
