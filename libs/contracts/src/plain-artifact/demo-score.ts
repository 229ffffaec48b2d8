import type { ArtifactObserved, ScoreComputed } from '../events/payloads';

export const DEMO_SCORE_MODEL = 'demo-1';

/** The signals at which a component reaches half of its range. */
const HALF_ATTENTION = 25;
const HALF_DAYS_SEEN = 5;
const HALF_REFERENCES = 8;
/** Far beyond any real one; keeps the sums finite. */
const MAX_SIGNAL = 1e9;

/**
 * A score made from the few real signals that an artifact bears, for demonstrations and tests. Pure; the formula and a worked
 * example: docs/events/demo-scores.md.
 */
export function demoScore(artifact: ArtifactObserved): ScoreComputed {
  const attention = signal(artifact, 'score') + 2 * signal(artifact, 'comments');
  const buzz = saturating(attention, HALF_ATTENTION);
  const staying = saturating(signal(artifact, 'daysSeen'), HALF_DAYS_SEEN);
  const roots = saturating(artifact.references?.length ?? 0, HALF_REFERENCES);
  const novelty = 100 - (roots + staying) / 2;
  const emergence = Math.max(buzz, staying, roots);
  const obscurity = 100 - Math.max(buzz, staying);
  return {
    artifactId: artifact.artifactId,
    discoveryScore: rounded(0.3 * novelty + 0.5 * emergence + 0.2 * obscurity),
    novelty: rounded(novelty),
    emergence: rounded(emergence),
    obscurity: rounded(obscurity),
    model: DEMO_SCORE_MODEL,
  };
}

function signal(artifact: ArtifactObserved, name: string): number {
  const value = artifact.attributes?.[name];
  return typeof value === 'number' && value > 0 ? Math.min(value, MAX_SIGNAL) : 0;
}

/** 0 at 0, 50 at `half`, towards 100. */
function saturating(value: number, half: number): number {
  return (100 * value) / (value + half);
}

/** Four decimals: what the read models keep. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
