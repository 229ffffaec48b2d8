import { createFaultPoints, noFaults } from './fault-points';
import type { FaultSetting } from './fault-points';

const setting: FaultSetting = { point: 'before-commit', action: 'kill', after: 0, times: 1, topic: null, type: null, delayMs: 0 };

function recorder() {
  const seen: string[] = [];
  return { seen, effects: { kill: () => void seen.push('kill'), sleep: async (ms: number) => void seen.push(`sleep ${ms}`) } };
}

describe('fault points', () => {
  it('does nothing when none is armed', () => {
    expect(createFaultPoints([])).toBe(noFaults);
  });

  it('lets `after` arrivals pass, then strikes `times` times', async () => {
    const { seen, effects } = recorder();
    const faults = createFaultPoints([{ ...setting, after: 2, times: 2 }], effects);
    const struckAfter: number[] = [];
    for (let arrival = 1; arrival <= 6; arrival += 1) {
      const before = seen.length;
      await faults.reach('before-commit');
      if (seen.length > before) struckAfter.push(arrival);
    }
    expect(struckAfter).toEqual([3, 4]);
  });

  it('counts only arrivals at its point, topic and type', async () => {
    const { seen, effects } = recorder();
    const faults = createFaultPoints([{ ...setting, topic: 'scores', type: 'score.computed', action: 'delay', delayMs: 7 }], effects);
    await faults.reach('after-fetch', { topic: 'signals.scores.v1', type: 'score.computed' });
    await faults.reach('before-commit', { topic: 'signals.artifacts.v1', type: 'score.computed' });
    await faults.reach('before-commit', { topic: 'signals.scores.v1' });
    await faults.reach('before-commit');
    expect(seen).toEqual([]);
    await faults.reach('before-commit', { topic: 'signals.scores.v1', type: 'score.computed' });
    expect(seen).toEqual(['sleep 7']);
  });

  it('throws a retriable fault', async () => {
    const faults = createFaultPoints([{ ...setting, action: 'throw' }], recorder().effects);
    await expect(faults.reach('before-commit')).rejects.toMatchObject({ code: 'fault-injected', retriable: true });
  });
});
