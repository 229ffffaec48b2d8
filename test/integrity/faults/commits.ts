import type { House } from '../house';
import { sleep } from '../wait-until';
import type { Fault } from './fault';

export type Direction = 'back' | 'forward' | 'to the end';

/** What the group is told, of what the checkpoint and the log's end are. */
const TARGETS: Readonly<Record<Direction, (next: bigint, end: bigint) => bigint>> = {
  back: (next) => next / 2n,
  forward: (next, end) => next + (end - next + 1n) / 2n,
  'to the end': (_, end) => end,
};

/** Sets the stopped group's commits of one topic; returns how many partitions now stand elsewhere than their checkpoint. */
export async function setCommits(house: House, topic: string, direction: Direction): Promise<number> {
  const [checkpoints, ranges] = await Promise.all([house.database.checkpoints(), house.log.ranges([topic])]);
  const nextOf = (partition: number) => checkpoints.get(`${topic}/${partition}`)?.next ?? 0n;
  const partitions = ranges.map(({ partition, endOffset }) => ({
    partition,
    offset: String(TARGETS[direction](nextOf(partition), endOffset)),
  }));
  await house.group.set(topic, partitions);
  const committed = await house.group.committed(topic);
  return partitions.filter(({ partition }) => committed.get(partition) !== nextOf(partition)).length;
}

/** Nothing is published from before the change until all is projected: no later event may be needed to find what was skipped. */
export const commitsSet =
  (direction: Direction): Fault =>
  async ({ house, feeder, random }) => {
    const main = await house.fleet.ensureMain();
    const { code } = await main.end('SIGTERM');
    await sleep(1000);
    await feeder.pause();
    await house.group.emptied(20_000);
    const topic = house.hotTopics[Math.floor(random() * house.hotTopics.length)] ?? '';
    const moved = await setCommits(house, topic, direction);
    await house.fleet.ensureMain();
    await house.caughtUp(60_000);
    feeder.resume();
    return [{ kind: `commits set ${direction}`, effective: moved > 0, note: `${moved} partitions, left with ${code}` }];
  };
