import { FAULT_POINTS, type FaultPoint } from '@harvest/kernel';
import { isOwnedBy } from '../database';
import type { HouseProcess } from '../house-process';
import { sleep, waitUntil } from '../wait-until';
import type { Fault, Strike } from './fault';

const IN_TRANSACTION: readonly FaultPoint[] = ['after-fence', 'before-rows', 'before-commit'];

export const killKindOf = (point: FaultPoint): string => `killed ${point}`;
export const KILL_KINDS = FAULT_POINTS.map(killKindOf);

/** Several at once, each armed to die at its point: one session timeout is waited for instead of one each. */
export const killAt =
  (...points: readonly FaultPoint[]): Fault =>
  async ({ house, random }) => {
    const doomed = points.map((point) => ({ point, one: house.fleet.spawnDoomed(point, Math.floor(random() * 4)) }));
    return Promise.all(doomed.map(({ point, one }) => diedAt(point, one)));
  };

async function diedAt(point: FaultPoint, one: HouseProcess): Promise<Strike> {
  const { signal } = await one.ended(60_000);
  // Nobody sent it: the process did it to itself, at the point.
  return { kind: killKindOf(point), effective: signal === 'SIGKILL', inTransaction: IN_TRANSACTION.includes(point) };
}

export const killAtRandom: Fault = async ({ house, random }) => {
  const main = await house.fleet.ensureMain();
  await sleep(random() * 1000);
  const { signal } = await main.end('SIGKILL');
  await house.fleet.ensureMain();
  return [{ kind: 'killed at random', effective: signal === 'SIGKILL' }];
};

export const comeAndGo: Fault = async ({ house }) => {
  const second = house.fleet.spawnProjector();
  const owned = await waitUntil({ what: 'the second projector owns partitions', timeoutMs: 45_000 }, async () => {
    const rows = [...(await house.database.checkpoints()).values()].filter((row) => isOwnedBy(row, second.pid));
    return rows.length > 0 ? rows.length : null;
  });
  const { code } = await second.end('SIGTERM');
  return [{ kind: 'second projector', effective: owned > 0 && code === 0, note: `owned ${owned}, left with ${code}` }];
};

/** Stopped past its session and continued: others have its partitions by then, and it writes nothing under its old epoch. */
export const zombie: Fault = async ({ house }) => {
  const main = await house.fleet.ensureMain();
  const other = house.fleet.spawnProjector();
  await other.line('the projector consumes');
  const before = await waitUntil({ what: 'the projector to be stopped owns partitions', timeoutMs: 30_000 }, async () => {
    const rows = [...(await house.database.checkpoints()).values()].filter(
      (row) => isOwnedBy(row, main.pid) && house.hotTopics.includes(row.topic),
    );
    return rows.length > 0 ? rows : null;
  });
  main.send('SIGSTOP');
  const taken = await waitUntil({ what: "the stopped projector's partitions are claimed by the other", timeoutMs: 45_000 }, async () => {
    const now = await house.database.checkpoints();
    const rows = before.map(({ place }) => now.get(place));
    return rows.every((row, index) => row !== undefined && isOwnedBy(row, other.pid) && row.epoch > (before[index]?.epoch ?? 0n))
      ? rows.length
      : null;
  });
  main.send('SIGCONT');
  await sleep(1500);
  const back = await house.database.checkpoints();
  // It may own partitions again, by a claim of its own: never under the epoch it was stopped with.
  const stale = before.filter(({ place, epoch }) => (back.get(place)?.epoch ?? 0n) <= epoch);
  await other.end('SIGTERM');
  if (stale.length > 0) throw new Error(`epochs went back: ${stale.map(({ place }) => place).join(', ')}`);
  return [{ kind: 'stopped and continued', effective: taken > 0, note: `${taken} partitions taken over` }];
};
