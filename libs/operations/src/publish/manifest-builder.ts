import type { AppendedRecord, LogAdmin, Manifest } from '@harvest/contracts';

/** The last offset written, per topic and partition. */
export class ManifestBuilder {
  private readonly last = new Map<string, Map<number, bigint>>();

  note({ topic, partition, offset }: AppendedRecord): void {
    const partitions = this.last.get(topic) ?? new Map<number, bigint>();
    this.last.set(topic, partitions);
    const known = partitions.get(partition);
    if (known === undefined || offset > known) partitions.set(partition, offset);
  }

  /**
   * For a run that goes on after it was killed: what it had written lies before the present ends, so those stand in for the
   * positions nobody remembers. They may name later records of others; then the barrier waits a little longer, never shorter.
   */
  async noteEnds(log: LogAdmin, topics: readonly string[]): Promise<void> {
    const ranges = topics.length === 0 ? [] : await log.ranges(topics);
    for (const { topic, partition, endOffset } of ranges) {
      if (endOffset > 0n) this.note({ topic, partition, offset: (endOffset - 1n) as AppendedRecord['offset'] });
    }
  }

  build(): Manifest {
    const topics = [...this.last].map(
      ([topic, partitions]) =>
        [topic, Object.fromEntries([...partitions].map(([partition, offset]) => [partition, Number(offset)]))] as const,
    );
    return Object.fromEntries(topics);
  }
}
