import { toOffset } from '@harvest/kernel';
import { type ContractCases, numbered, readAll } from './log-bench';

export const READING_CASES: ContractCases = {
  'reads from inclusive to exclusive and ends by itself': async (bench) => {
    const topic = await bench.newTopic(1);
    await bench.log.append(numbered(topic, 100));
    const values: string[] = [];
    for await (const batch of bench.log.read({ topic, partition: 0, from: toOffset(10), to: toOffset(20) }))
      values.push(...batch.map(({ value }) => value?.toString() ?? ''));
    expect(values).toEqual(Array.from({ length: 10 }, (_, index) => `v${index + 10}`));
  },

  'reads nothing of an empty range': async (bench) => {
    const topic = await bench.newTopic(1);
    await expect(readAll(bench.log, topic, 0)).resolves.toEqual([]);
  },

  'refuses a range beyond the end instead of waiting for ever': async (bench) => {
    const topic = await bench.newTopic(1);
    await bench.log.append(numbered(topic, 3));
    const reading = async () => {
      for await (const batch of bench.log.read({ topic, partition: 0, from: toOffset(5), to: toOffset(9) })) expect(batch).toEqual([]);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'offset-out-of-range' });
  },

  'may be left early': async (bench) => {
    const topic = await bench.newTopic(1);
    await bench.log.append(numbered(topic, 2_000));
    for await (const batch of bench.log.read({ topic, partition: 0, from: toOffset(0), to: toOffset(2_000) })) {
      expect(batch[0]?.offset).toBe(0n);
      break;
    }
  },
};
