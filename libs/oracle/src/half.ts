/**
 * One half of a subject: what one event type writes of it. Between two events of a half the order is total: one that carries a
 * sequence beats one that carries none; then the higher sequence; then the later in the log.
 */
export class Half {
  alive = false;
  /** A sequence was seen on an event of this half: from then on events without one do not count. */
  sequenced = false;
  /** The highest sequence that any event or retraction brought; a new life must rise above it. */
  floor: bigint | null = null;

  /** An event in log order. @returns how it ends, and keeps what must be remembered of it */
  meet(sequence: bigint | null): 'wins' | 'superseded' | 'sequence-missing' {
    if (sequence === null) {
      if (this.sequenced) return 'sequence-missing';
      this.alive = true;
      return 'wins';
    }
    const wins = this.floor === null || sequence > this.floor || (this.alive && sequence === this.floor);
    this.sequenced = true;
    this.raise(sequence);
    if (wins) this.alive = true;
    return wins ? 'wins' : 'superseded';
  }

  /** A retraction or a tombstone. @returns whether it ended this half's life */
  clear(sequence: bigint | null): boolean {
    const beats = sequence === null || !this.sequenced || this.floor === null || this.floor <= sequence;
    if (sequence !== null) this.raise(sequence);
    const ended = this.alive && beats;
    if (ended) this.alive = false;
    return ended;
  }

  private raise(sequence: bigint): void {
    if (this.floor === null || sequence > this.floor) this.floor = sequence;
  }
}

/** As the tables keep it: two bits a half, alive and sequenced, the first half in the lowest. */
export function guardBits(halves: readonly Half[]): number {
  return halves.reduce((bits, half, index) => bits + ((half.alive ? 1 : 0) + (half.sequenced ? 2 : 0)) * 4 ** index, 0);
}
