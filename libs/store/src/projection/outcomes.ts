import type { ChunkPlan, Evolved, OutcomeCounts } from '@harvest/read-models';

/** Adds up how the records of a chunk ended. */
export class OutcomeTally {
  private projected = 0;
  private superseded = 0;
  private sequenceMissing = 0;

  constructor(private readonly plan: ChunkPlan) {}

  addEvolved(evolved: Pick<Evolved<unknown>, 'projected' | 'superseded' | 'sequenceMissing'>): void {
    this.projected += evolved.projected;
    this.superseded += evolved.superseded;
    this.sequenceMissing += evolved.sequenceMissing;
  }

  /** Records whose facts were there already. */
  addIdentical(records: number): void {
    this.projected += records;
  }

  counts(): OutcomeCounts {
    const { deadLetters, ignored } = this.plan;
    const waiting = deadLetters.reduce((sum, letter) => sum + (letter.kind === 'waiting' ? 1 : 0), 0);
    return {
      projected: this.projected,
      superseded: this.superseded,
      sequenceMissing: this.sequenceMissing,
      ignored,
      parked: waiting,
      deadLettered: deadLetters.length - waiting,
    };
  }
}
