/** What trending is made of, of one topic; artifacts per UTC day, the window's last day last. */
export interface TrendFigures {
  readonly windowDays: number;
  /** Of the window. */
  readonly artifacts: number;
  /** Of the equally long stretch before it. */
  readonly artifactsBefore: number;
  /** Of the window's first and second half. */
  readonly firstHalf: number;
  readonly secondHalf: number;
  /** 0–100; null where nothing in the window is scored. */
  readonly meanScore: number | null;
  /** Artifacts per day, of the 60 days that end with the window. */
  readonly series: readonly number[];
}

export const PREDICTIONS = ['rapidly-emerging', 'emerging', 'stable', 'declining'] as const;
export type Prediction = (typeof PREDICTIONS)[number];

export interface Trend {
  /** (window − stretch before) / max(1, stretch before). */
  readonly growth: number;
  /** Artifacts per day in the window. */
  readonly velocity: number;
  /** The second half's velocity minus the first's. */
  readonly acceleration: number;
  /** 0–100; null of windows under seven days. */
  readonly emergence: number | null;
  readonly prediction: Prediction;
}

const SHORTEST_WINDOW = 7;

/**
 * The earlier systems' formulas: emergence = min(growth · 100, 50) + max(0, 10 · acceleration) + min(10 · velocity, 20) + 0.1 · mean
 * score, here kept within 0 to 100.
 */
export function trendOf(figures: TrendFigures): Trend {
  const { windowDays, artifacts, artifactsBefore, firstHalf, secondHalf, meanScore } = figures;
  const growth = (artifacts - artifactsBefore) / Math.max(1, artifactsBefore);
  const velocity = artifacts / windowDays;
  const half = windowDays / 2;
  const acceleration = secondHalf / half - firstHalf / half;
  const sum = Math.min(growth * 100, 50) + Math.max(0, 10 * acceleration) + Math.min(10 * velocity, 20) + 0.1 * (meanScore ?? 0);
  const emergence = windowDays < SHORTEST_WINDOW ? null : rounded(Math.min(100, Math.max(0, sum)));
  return {
    ...{ growth: rounded(growth), velocity: rounded(velocity), acceleration: rounded(acceleration) },
    ...{ emergence, prediction: predictionOf(dailyGrowth(figures.series)) },
  };
}

const rounded = (value: number) => Math.round(value * 10_000) / 10_000;

/** Log-linear: the slope of ln(1 + artifacts) over the days, by least squares. Per day: 0.05 is 5 %. */
export function dailyGrowth(series: readonly number[]): number {
  const count = series.length;
  if (count < 2) return 0;
  const meanX = (count - 1) / 2;
  const logs = series.map((artifacts) => Math.log(1 + artifacts));
  const meanY = logs.reduce((sum, value) => sum + value, 0) / count;
  const covariance = logs.reduce((sum, value, index) => sum + (index - meanX) * (value - meanY), 0);
  return covariance / ((count * (count * count - 1)) / 12);
}

function predictionOf(growthPerDay: number): Prediction {
  if (growthPerDay > 0.05) return 'rapidly-emerging';
  if (growthPerDay > 0.01) return 'emerging';
  return growthPerDay > -0.01 ? 'stable' : 'declining';
}
