import { setTimeout as sleep } from 'node:timers/promises';
import { ReadSlots } from './read-slots';

const exhausted = () => new Error('exhausted');

function held() {
  const ended: (() => void)[] = [];
  const log: string[] = [];
  const work = (name: string) => () => {
    log.push(name);
    return new Promise<string>((resolve) => ended.push(() => resolve(name)));
  };
  return { log, work, end: (index: number) => ended[index]!() };
}

describe('ReadSlots', () => {
  it('lets so many run at once, and the others in order of arrival', async () => {
    const slots = new ReadSlots(2, 1_000, exhausted);
    const { log, work, end } = held();
    const all = ['a', 'b', 'c', 'd'].map((name) => slots.run(work(name)));
    expect([log, slots.waiting]).toEqual([['a', 'b'], 2]);
    end(1);
    await all[1];
    expect(log).toEqual(['a', 'b', 'c']);
    for (const index of [0, 2]) end(index);
    await Promise.all([all[0], all[2]]);
    end(3);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
    expect(slots.waiting).toBe(0);
  });

  it('no longer counts one that takes its time, and counts none twice', async () => {
    const slots = new ReadSlots(1, 5_000, exhausted);
    const { log, work, end } = held();
    const slow = slots.run(work('slow'));
    const quick = slots.run(work('quick'));
    while (log.length < 2) await sleep(5);
    const third = slots.run(work('third'));
    end(0);
    await slow;
    expect(log).toEqual(['slow', 'quick']);
    end(1);
    await quick;
    expect(log).toEqual(['slow', 'quick', 'third']);
    end(2);
    await third;
  });

  it('gives the slot back after a failure, and refuses whose turn does not come', async () => {
    const slots = new ReadSlots(1, 10, exhausted);
    await expect(slots.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const { work, end } = held();
    const first = slots.run(work('first'));
    await expect(slots.run(work('late'))).rejects.toThrow('exhausted');
    expect(slots.waiting).toBe(0);
    end(0);
    expect(await first).toBe('first');
  });
});
