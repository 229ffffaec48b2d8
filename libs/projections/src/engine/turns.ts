/**
 * Who waits for whom, for the sake of speed alone. Writing: partitions of one number, whatever their topic, one after the other; an
 * artifact and its score mostly come in partitions of the same number and at the same time, and written side by side they wait for each
 * other's rows, and lose races whose work is then done again. Decoding: one chunk after the other; of two decoded in slices of each
 * other neither could be written until both are done.
 */
export class Turns {
  private readonly last = new Map<Turn, Promise<unknown>>();

  /** Works when all who asked before for the same are done, however they ended. First come, first served. */
  take<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(turn) ?? Promise.resolve();
    const mine = before.then(work);
    this.last.set(
      turn,
      mine.catch(() => undefined),
    );
    return mine;
  }
}

/** A partition's number, to write; or to decode. */
export type Turn = number | 'decoding';
