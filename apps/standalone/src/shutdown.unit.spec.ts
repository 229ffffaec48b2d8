import { silentLogger } from '@harvest/observability';
import { Shutdown, SHUTDOWN_LIMITS_MS } from './shutdown';

function closable(step: 'work' | 'rooms' | 'postgres' | 'last', name: string, close: () => Promise<void>) {
  return { step, name, close };
}

describe('the shutdown', () => {
  it('ends work before rooms, rooms before Postgres, whatever the order of their start', async () => {
    const ended: string[] = [];
    const shutdown = new Shutdown(silentLogger);
    for (const step of ['last', 'postgres', 'rooms', 'work'] as const) {
      shutdown.add(closable(step, step, () => Promise.resolve(void ended.push(step))));
    }
    await shutdown.run();
    expect(ended).toEqual(['work', 'rooms', 'postgres', 'last']);
  });

  it('takes less than 5 s in all', () => {
    expect(Object.values(SHUTDOWN_LIMITS_MS).reduce((sum, limitMs) => sum + limitMs, 0)).toBeLessThan(4800);
  });

  it('leaves behind what hangs or fails, each step within its time', async () => {
    const ended: string[] = [];
    const shutdown = new Shutdown(silentLogger, { work: 60, rooms: 60, postgres: 60, last: 60 });
    for (const step of ['work', 'rooms', 'postgres', 'last'] as const) {
      shutdown.add(closable(step, `${step} hangs`, () => new Promise(() => undefined)));
      shutdown.add(closable(step, `${step} fails`, () => Promise.reject(new Error('no'))));
      shutdown.add(closable(step, step, () => Promise.resolve(void ended.push(step))));
    }
    const startedMs = performance.now();
    await shutdown.run();
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(ended).toEqual(['work', 'rooms', 'postgres', 'last']);
  });

  it('happens once', async () => {
    let times = 0;
    const shutdown = new Shutdown(silentLogger);
    shutdown.add(closable('work', 'w', () => Promise.resolve(void (times += 1))));
    await Promise.all([shutdown.run(), shutdown.run()]);
    await shutdown.run();
    expect(times).toBe(1);
  });
});
