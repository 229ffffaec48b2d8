import { eventTopics, type EventLog, type LogRecord, type RecordToAppend, type TopicPartition } from '@harvest/contracts';

const APPEND_RECORDS = 4_000;

/** What was published to one partition, as the log keeps it. */
export interface PublishedRun extends TopicPartition {
  readonly records: readonly LogRecord[];
}

export async function publish(log: EventLog, records: readonly RecordToAppend[]): Promise<void> {
  for (let from = 0; from < records.length; from += APPEND_RECORDS) await log.append(records.slice(from, from + APPEND_RECORDS));
}

/** Publishes, and reads back with offsets and times; partitions in the order of their topics' names. */
export async function publishAndRead(
  log: EventLog,
  records: readonly RecordToAppend[],
  topicPrefix: string,
): Promise<readonly PublishedRun[]> {
  const topics = eventTopics(topicPrefix);
  const before = await log.ranges(topics);
  await publish(log, records);
  const after = await log.ranges(topics);
  const runs: PublishedRun[] = [];
  for (const [index, { topic, partition, endOffset: to }] of after.entries()) {
    const from = before[index]?.endOffset ?? to;
    if (from === to) continue;
    const read: LogRecord[] = [];
    for await (const batch of log.read({ topic, partition, from, to })) read.push(...batch);
    runs.push({ topic, partition, records: read });
  }
  return runs;
}
