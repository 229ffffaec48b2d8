/**
 * Partitions of one number, whatever their topic, write one after the other. An artifact and its score mostly come in partitions of the
 * same number and at the same time: written side by side they wait for each other's rows, and lose races whose work is then done again.
 * Only speed hangs on it: topics that are partitioned otherwise are written as exactly, a little slower.
 */
export class WriteTurns {
  private readonly last = new Map<number, Promise<unknown>>();

  /** Works when all who asked before for the same number are done, however they ended. First come, first served. */
  take<T>(partition: number, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(partition) ?? Promise.resolve();
    const mine = before.then(work);
    this.last.set(
      partition,
      mine.catch(() => undefined),
    );
    return mine;
  }
}
