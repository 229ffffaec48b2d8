/** One series of a counter, for what comes too often to be looked up in the counter each time. */
export class Tally {
  private pending = 0;

  constructor(private readonly series: { inc(by: number): void }) {}

  inc(): void {
    this.pending += 1;
  }

  /** What was counted until now stands in the counter afterwards, once. */
  handOver(): void {
    if (this.pending > 0) this.series.inc(this.pending);
    this.pending = 0;
  }
}

/** All tallies of a process. Their counters ask for what they hold whenever they are collected. */
export class Tallies {
  private readonly all: Tally[] = [];

  of(series: { inc(by: number): void }): Tally {
    const tally = new Tally(series);
    this.all.push(tally);
    return tally;
  }

  readonly handOver = (): void => {
    for (const tally of this.all) tally.handOver();
  };
}
