import type { DeadLetter, RedrivePlanner } from '@harvest/read-models';
import { decodeRecords } from './decoded-records';
import { planOf } from './projection-chunk';

const NONE: ReadonlySet<never> = new Set<never>();

/** Feeds a parked key's queue through today's decoder, in order, up to the first record that is still poison. */
export function createRedrivePlanner(options: { readonly topicPrefix: string }): RedrivePlanner {
  return {
    plan(queue: readonly DeadLetter[], topic: string) {
      const partition = queue[0]?.partition ?? 0;
      const all = decodeRecords({ topic, partition, prefix: options.topicPrefix }, queue);
      const stop = queue.findIndex(({ offset }) => all.poisons.has(offset));
      const drained = stop === -1 ? queue.length : stop;
      const healthy = decodeRecords({ topic, partition, prefix: options.topicPrefix }, queue.slice(0, drained));
      return { ...planOf(healthy, { onPoison: 'park', parkedKeys: NONE, skipped: NONE }), drained };
    },
  };
}
