import { setCommits } from './faults/commits';
import type { HouseOnTestServices } from './house-on-test-services';
import { createHouseOnTestServices } from './house-on-test-services';

describe("the group's commits, changed by hand while it is stopped", () => {
  let on: HouseOnTestServices;
  beforeAll(async () => {
    on = await createHouseOnTestServices(2);
    await on.feed(1_000);
    await on.house.fleet.ensureMain();
    await on.house.caughtUp(45_000);
  }, 90_000);
  afterAll(() => on.close());

  it.each([
    ['to the end', 0],
    ['forward', 1],
    ['back', 0],
  ] as const)(
    'set %s: nothing is skipped and nothing is doubled, though nothing more is published',
    async (direction, topic) => {
      const { house } = on;
      expect(await house.fleet.main?.end('SIGTERM')).toEqual({ code: 0, signal: null });
      await on.feed(1_000);
      await house.group.emptied(20_000);
      const behind = await house.lag();
      expect(behind).toBeGreaterThanOrEqual(1_000);
      expect(await setCommits(house, house.hotTopics[topic]!, direction)).toBeGreaterThan(0);
      await house.fleet.ensureMain();
      await house.caughtUp(45_000);
      expect(await on.verify()).toMatchObject({ ok: true, differing: 0 });
    },
    120_000,
  );
});
