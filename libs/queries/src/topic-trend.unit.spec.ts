import { dailyGrowth, trendOf } from './topic-trend';

const WINDOW = { windowDays: 14, artifacts: 21, artifactsBefore: 14, firstHalf: 7, secondHalf: 14, meanScore: 60, series: [1, 1, 1] };

describe('trending, worked by hand', () => {
  it('growth, velocity, acceleration and emergence', () => {
    // (21 − 14) / 14; 21 / 14; 14 / 7 − 7 / 7; min(50, 50) + 10 · 1 + min(15, 20) + 0.1 · 60
    expect(trendOf(WINDOW)).toEqual({ growth: 0.5, velocity: 1.5, acceleration: 1, emergence: 81, prediction: 'stable' });
  });

  it('something out of nothing grows by its number, and no part exceeds its bound', () => {
    const trend = trendOf({ ...WINDOW, artifacts: 700, artifactsBefore: 0, firstHalf: 0, secondHalf: 700, meanScore: 100 });
    expect(trend).toMatchObject({ growth: 700, velocity: 50, acceleration: 100, emergence: 100 });
  });

  it('a decline takes away, slowing does not, and nothing scored adds nothing', () => {
    // (7 − 70) / 70 = −0.9; 7 / 14 = 0.5; 2 / 7 − 5 / 7; −90 + 0 + 5 + 0 → kept at 0
    const trend = trendOf({ ...WINDOW, artifacts: 7, artifactsBefore: 70, firstHalf: 5, secondHalf: 2, meanScore: null });
    expect(trend).toMatchObject({ growth: -0.9, velocity: 0.5, acceleration: -0.4286, emergence: 0 });
  });

  it('windows under seven days have no emergence', () => {
    expect(trendOf({ ...WINDOW, windowDays: 6 }).emergence).toBeNull();
    expect(trendOf({ ...WINDOW, windowDays: 7 }).emergence).not.toBeNull();
  });

  it.each([
    [0.06, 'rapidly-emerging'],
    [0.02, 'emerging'],
    [0, 'stable'],
    [-0.005, 'stable'],
    [-0.02, 'declining'],
  ])('a daily growth of %d predicts %s', (growth, prediction) => {
    const series = Array.from({ length: 60 }, (_, day) => Math.exp(3 + growth * day) - 1);
    expect(dailyGrowth(series)).toBeCloseTo(growth, 10);
    expect(trendOf({ ...WINDOW, series }).prediction).toBe(prediction);
  });

  it('a single day, or none, does not grow', () => {
    expect([dailyGrowth([]), dailyGrowth([9])]).toEqual([0, 0]);
  });
});
