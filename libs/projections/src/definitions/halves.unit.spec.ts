import { NEW_HALF } from '@harvest/read-models';
import type { HalfGuard } from '@harvest/read-models';
import { guardAfterEvent, guardAfterRetraction, judgeHalf } from './halves';

type Step = { event: bigint | null } | { retraction: bigint | null };
const event = (sequence: number | null): Step => ({ event: sequence === null ? null : BigInt(sequence) });
const retraction = (sequence: number | null): Step => ({ retraction: sequence === null ? null : BigInt(sequence) });

function run(steps: readonly Step[]) {
  let guard: HalfGuard = NEW_HALF;
  const outcomes: string[] = [];
  for (const step of steps) {
    if ('event' in step) {
      const outcome = judgeHalf(guard, step.event);
      guard = guardAfterEvent(guard, step.event, outcome);
      outcomes.push(outcome);
    } else {
      const before = guard;
      guard = guardAfterRetraction(guard, step.retraction);
      outcomes.push(before.alive && !guard.alive ? 'cleared' : 'kept');
    }
  }
  return { guard, outcomes };
}

describe('the order of events in one half', () => {
  it('without sequences the later offset wins', () => {
    expect(run([event(null), event(null)]).outcomes).toEqual(['projected', 'projected']);
  });

  it('5 at offset 1, none at 2, 3 at 3: 5 wins however the log is cut', () => {
    const { outcomes, guard } = run([event(5), event(null), event(3)]);
    expect(outcomes).toEqual(['projected', 'sequence-missing', 'superseded']);
    expect(guard).toEqual({ alive: true, sequenced: true, floor: 5n });
  });

  it('an equal sequence: the later offset wins', () => {
    expect(run([event(5), event(5)]).outcomes).toEqual(['projected', 'projected']);
  });

  it('with a sequence beats without', () => {
    expect(run([event(null), event(0)])).toEqual({
      outcomes: ['projected', 'projected'],
      guard: { alive: true, sequenced: true, floor: 0n },
    });
  });

  it('sequences are compared as numbers beyond 2^53', () => {
    expect(run([event(9), event(10)]).outcomes[1]).toBe('projected');
    const high = guardAfterEvent(NEW_HALF, 9_007_199_254_740_991n, 'projected');
    expect(judgeHalf(high, 9_007_199_254_740_990n)).toBe('superseded');
  });
});

describe('retractions and tombstones', () => {
  it('without a sequence clear whatever came before, and the floor stays', () => {
    expect(run([event(7), retraction(null)])).toEqual({
      outcomes: ['projected', 'cleared'],
      guard: { alive: false, sequenced: true, floor: 7n },
    });
  });

  it('with a sequence clear what stands at or below it and raise the floor', () => {
    expect(run([event(7), retraction(7)]).outcomes[1]).toBe('cleared');
    expect(run([event(7), retraction(9)]).guard.floor).toBe(9n);
  });

  it('a retried old retraction does not delete a newer life', () => {
    expect(run([event(7), retraction(6)])).toEqual({ outcomes: ['projected', 'kept'], guard: { alive: true, sequenced: true, floor: 7n } });
  });

  it('with a sequence clear a half that never carried one', () => {
    expect(run([event(null), retraction(3)])).toEqual({
      outcomes: ['projected', 'cleared'],
      guard: { alive: false, sequenced: false, floor: 3n },
    });
  });

  it('a retry of an old event cannot resurrect: a new life starts above the floor', () => {
    expect(run([event(7), retraction(null), event(7)]).outcomes[2]).toBe('superseded');
    expect(run([event(7), retraction(null), event(8)]).outcomes[2]).toBe('projected');
  });

  it('a new life is simply later where the half never carried a sequence', () => {
    expect(run([event(null), retraction(null), event(null)]).outcomes[2]).toBe('projected');
    expect(run([event(null), retraction(3), event(null)]).outcomes[2]).toBe('projected');
  });

  it('a new life without a sequence is refused where the half has carried one', () => {
    expect(run([event(1), retraction(null), event(null)]).outcomes[2]).toBe('sequence-missing');
  });

  it('of an unknown subject leaves its floor for late older events', () => {
    expect(run([retraction(5), event(5), event(6)]).outcomes).toEqual(['kept', 'superseded', 'projected']);
  });

  it('a superseded event with a sequence is remembered as seen', () => {
    const { guard, outcomes } = run([event(null), retraction(9), event(null), event(4), event(null)]);
    expect(outcomes).toEqual(['projected', 'cleared', 'projected', 'superseded', 'sequence-missing']);
    expect(guard).toEqual({ alive: true, sequenced: true, floor: 9n });
  });

  it('nothing new: the same object', () => {
    const guard: HalfGuard = { alive: true, sequenced: true, floor: 5n };
    expect(guardAfterEvent(guard, 4n, 'superseded')).toBe(guard);
    expect(guardAfterRetraction(guard, 4n)).toBe(guard);
  });
});
