import { isOwnedBy } from './database';
import type { HouseOnTestServices } from './house-on-test-services';
import { createHouseOnTestServices } from './house-on-test-services';
import { sleep, waitUntil } from './wait-until';

const IDLE_IN_TRANSACTION = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'harvest-projector' AND state = 'idle in transaction'
    AND clock_timestamp() - state_change > interval '300 ms'`;

describe('a projector stopped past its session and continued', () => {
  let on: HouseOnTestServices;
  beforeAll(async () => {
    on = await createHouseOnTestServices(1);
  });
  afterAll(() => on.close());

  it('writes nothing of the transaction it was stopped in, and its partitions do not stay orphaned', async () => {
    const { house } = on;
    await on.feed(2_000);
    const zombie = house.fleet.spawnProjector('before-commit:delay:ms=4000');
    await waitUntil({ what: 'it stands between BEGIN and COMMIT', timeoutMs: 30_000, everyMs: 20 }, async () => {
      const rows = await house.database.rows(IDLE_IN_TRANSACTION);
      return rows.length > 0 ? true : null;
    });
    zombie.send('SIGSTOP');
    const stoppedAt = await house.database.checkpoints();
    const owned = [...stoppedAt.values()].filter((row) => isOwnedBy(row, zombie.pid));
    expect(owned.length).toBeGreaterThan(0);

    const other = await house.fleet.ensureMain();
    await house.caughtUp(45_000);
    const takenOver = await house.database.checkpoints();
    for (const { place, epoch } of owned) {
      expect(takenOver.get(place)?.epoch).toBeGreaterThan(epoch);
      expect(isOwnedBy(takenOver.get(place)!, other.pid)).toBe(true);
    }

    zombie.send('SIGCONT');
    await sleep(2_000);
    const back = await house.database.checkpoints();
    for (const { place, next } of takenOver.values()) expect({ place, next: back.get(place)?.next }).toEqual({ place, next });
    expect(zombie.isRunning).toBe(true);
    expect(await on.verify()).toMatchObject({ ok: true, differing: 0 });

    // Both are members again: whoever has a partition, each goes on.
    await on.feed(2_000);
    await house.progressed(back, 45_000);
    await house.caughtUp(45_000);
    expect(await on.verify()).toMatchObject({ ok: true, differing: 0 });
  }, 180_000);
});
