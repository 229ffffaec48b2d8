import type { LogAdmin, PartitionRange } from '@harvest/contracts';
import type { StalenessStore } from '@harvest/read-models';
import type { GenerationConsumer } from './generation-consumer';

/**
 * One sample of the log's ends: what every answer's staleness, every lag and every alarm of a grown or re-created topic is measured
 * by. Postgres's clock is read before the log is asked, so a partition that has reached the end is known at least as of then.
 */
export async function sampleEnds(
  ports: { readonly log: LogAdmin; readonly staleness: StalenessStore; readonly topics: readonly string[] },
  consumers: readonly GenerationConsumer[],
): Promise<void> {
  const askedMs = await ports.staleness.nowMs();
  const known = consumers.map((consumer) => ({ consumer, positions: consumer.positions() }));
  const ranges = await ports.log.ranges(ports.topics);
  for (const { consumer, positions } of known) consumer.observeRanges(ranges, positions);
  for (const { generation } of consumers) await ports.staleness.recordEnds(generation.generation, askedMs, ranges.map(endOf));
}

const endOf = ({ topic, partition, endOffset }: PartitionRange) => ({ topic, partition, endOffset });
