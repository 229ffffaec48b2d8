import { HarvestError } from '@harvest/kernel';
import { HealthRegistry } from './health-registry';

const up = async () => ({ answered: true });
const down = async () => {
  throw new HarvestError({ code: 'store-unreachable', message: 'Postgres does not answer' });
};

describe('HealthRegistry', () => {
  it('refuses two checks of one name', () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'postgres', need: 'required', check: up });
    expect(() => registry.register({ name: 'postgres', need: 'detail', check: up })).toThrow('postgres');
  });

  it('readiness asks what is required and never details', async () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'postgres', need: 'required', check: down });
    registry.register({ name: 'redis', need: 'detail', check: down });
    expect(await registry.readiness()).toEqual([
      { name: 'postgres', need: 'required', up: false, detail: { code: 'store-unreachable', message: 'Postgres does not answer' } },
    ]);
    expect((await registry.everything()).map(({ name }) => name)).toEqual(['postgres', 'redis']);
  });

  it('a startup check keeps the app unready until it has once succeeded, and no longer', async () => {
    const registry = new HealthRegistry();
    let answer = down as () => Promise<{ answered: boolean }>;
    let asked = 0;
    registry.register({ name: 'first-projection', need: 'startup', check: () => ((asked += 1), answer()) });
    expect((await registry.readiness()).map((result) => result.up)).toEqual([false]);
    answer = up;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await registry.startup()).map((result) => result.up)).toEqual([true]);
    expect(await registry.readiness()).toEqual([]);
    expect(await registry.startup()).toEqual([]);
    expect(asked).toBe(2);
  });

  it('a check that hangs is down after its deadline', async () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'kafka', need: 'required', timeoutMs: 20, check: () => new Promise(() => undefined) });
    expect(await registry.readiness()).toMatchObject([{ up: false, detail: { code: 'deadline-exceeded' } }]);
  });

  it('many probes at once ask once', async () => {
    const registry = new HealthRegistry();
    let asked = 0;
    registry.register({ name: 'postgres', need: 'required', check: async () => void (asked += 1) });
    await Promise.all(Array.from({ length: 50 }, () => registry.readiness()));
    expect(asked).toBe(1);
  });
});
