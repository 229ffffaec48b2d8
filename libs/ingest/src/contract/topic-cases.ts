import type { ContractCases } from './log-bench';
import { numbered, readAll, record } from './log-bench';
import { RecordingHandlers } from './recording-handlers';

export const TOPIC_CASES: ContractCases = {
  'creates a topic once and leaves an existing one as it is': async (bench) => {
    const topic = bench.newName();
    await expect(bench.log.createTopics([{ topic, partitions: 3, retentionMs: -1 }])).resolves.toEqual([topic]);
    await expect(bench.log.createTopics([{ topic, partitions: 5, retentionMs: -1 }])).resolves.toEqual([]);
    await expect(bench.log.describeTopics([topic])).resolves.toEqual([{ topic, partitions: 3, retentionMs: -1 }]);
  },

  'describes only topics that exist, in the order asked for': async (bench) => {
    const [first, second] = [await bench.newTopic(1), await bench.newTopic(2)];
    const described = await bench.log.describeTopics([second, `${bench.prefix}none`, first]);
    expect(described.map(({ topic }) => topic)).toEqual([second, first]);
    await expect(bench.log.describeTopics([])).resolves.toEqual([]);
  },

  'answers ranges of every partition, empty ones too': async (bench) => {
    const topic = await bench.newTopic(2);
    await bench.log.append(numbered(topic, 3));
    await expect(bench.log.ranges([topic])).resolves.toEqual([
      { topic, partition: 0, startOffset: 0n, endOffset: 3n },
      { topic, partition: 1, startOffset: 0n, endOffset: 0n },
    ]);
  },

  'names the missing topic and says what to do': async (bench) => {
    const missing = `${bench.prefix}missing`;
    const failure = { code: 'topic-missing', message: expect.stringContaining('harvest topics create') as string };
    await expect(bench.log.ranges([missing])).rejects.toMatchObject(failure);
    await expect(bench.log.append([record(missing, 'k', 'v')])).rejects.toMatchObject(failure);
    await expect(readAll(bench.log, missing, 0)).rejects.toMatchObject(failure);
    await expect(bench.newConsumer([missing]).start(new RecordingHandlers())).rejects.toMatchObject(failure);
  },

  'answers a ping': async (bench) => {
    await expect(bench.log.ping()).resolves.toBeUndefined();
  },
};
