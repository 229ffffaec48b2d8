import { guardBits, Half } from './half';

const met = (...sequences: readonly (number | null)[]) => {
  const half = new Half();
  return { half, ends: sequences.map((sequence) => half.meet(sequence === null ? null : BigInt(sequence))) };
};

describe('a half', () => {
  it('takes the later of two events without sequences', () => {
    expect(met(null, null).ends).toEqual(['wins', 'wins']);
  });

  it('takes the higher sequence, and the later of equal ones', () => {
    expect(met(2, 1, 2, 3).ends).toEqual(['wins', 'superseded', 'wins', 'wins']);
  });

  it('orders totally: 5, none, 3 ends with 5 however it is cut', () => {
    expect(met(5, null, 3).ends).toEqual(['wins', 'sequence-missing', 'superseded']);
  });

  it('takes no event without a sequence once it has seen one, be it superseded', () => {
    const half = new Half();
    half.meet(null);
    half.clear(7n);
    expect(half.meet(3n)).toBe('superseded');
    expect(half.meet(null)).toBe('sequence-missing');
  });

  it('is cleared by any retraction without a sequence, and keeps its floor', () => {
    const { half } = met(4);
    expect(half.clear(null)).toBe(true);
    expect(half).toMatchObject({ alive: false, floor: 4n });
  });

  it('is not cleared by an old retraction, and is by one as high as its floor', () => {
    const { half } = met(4);
    expect(half.clear(3n)).toBe(false);
    expect(half.clear(4n)).toBe(true);
  });

  it('begins a new life only above its floor: a retry of an old event resurrects nothing', () => {
    const { half } = met(4);
    half.clear(6n);
    expect(half.meet(6n)).toBe('superseded');
    expect(half.meet(7n)).toBe('wins');
    expect(half.alive).toBe(true);
  });

  it('that never saw a sequence begins a new life with any later event', () => {
    const { half } = met(null);
    half.clear(6n);
    expect(half.meet(null)).toBe('wins');
  });

  it('shows two bits, alive and sequenced', () => {
    expect(guardBits([new Half(), met(null).half, met(1).half])).toBe(0b11_01_00);
  });
});
