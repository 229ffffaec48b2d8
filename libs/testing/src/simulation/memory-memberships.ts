import type { Contribution, Membership, MembershipChanges } from '@harvest/read-models';

interface Figures {
  artifacts: number;
  discoveries: number;
  scoreSum: number;
}

/** Memberships and figures in memory; a membership that is added twice or removed when it is not there is an error. */
export class MemoryMemberships<M extends object> {
  readonly members = new Map<string, M & Membership>();
  /** Per kind of sum, by its key as JSON. */
  readonly sums: readonly Map<string, Figures>[];

  constructor(
    private readonly idOf: (mention: M) => string,
    private readonly keys: readonly ((delta: M & Contribution) => readonly (string | number)[])[],
  ) {
    this.sums = keys.map(() => new Map<string, Figures>());
  }

  take({ added, removed, deltas }: MembershipChanges<M>): void {
    for (const row of removed) if (!this.members.delete(this.keyOf(row))) throw new Error(`no membership ${this.keyOf(row)} to remove`);
    for (const row of added) {
      if (this.members.has(this.keyOf(row))) throw new Error(`membership ${this.keyOf(row)} twice`);
      this.members.set(this.keyOf(row), row);
    }
    for (const delta of deltas) this.keys.forEach((keyOf, index) => add(this.sums[index]!, JSON.stringify(keyOf(delta)), delta));
  }

  private keyOf(row: M & Membership): string {
    return JSON.stringify([this.idOf(row), row.publishedMs, row.artifactId]);
  }
}

function add(sums: Map<string, Figures>, key: string, delta: Contribution): void {
  const sum = sums.get(key) ?? { artifacts: 0, discoveries: 0, scoreSum: 0 };
  sum.artifacts += delta.artifacts;
  sum.discoveries += delta.discoveries;
  sum.scoreSum += delta.scoreSum;
  sums.set(key, sum);
}
