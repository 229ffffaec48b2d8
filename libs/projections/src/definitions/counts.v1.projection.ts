import { COUNTS_READ_MODEL } from '@harvest/read-models';
import type { CountDelta, DiscoveryRow } from '@harvest/read-models';
import type { ProjectionDefinition } from './definition';

export const DAY_MS = 86_400_000;

/**
 * Exact counts per source, type and day: what an artifact contributes now minus what it contributed before. Most real dates are
 * months or years, so a day always goes with its precision.
 */
export const countsV1 = {
  ...COUNTS_READ_MODEL,
  handles: ['artifact.observed', 'artifact.retracted', 'score.computed', 'tombstone'],
  evolve: countDeltasOf,
} as const satisfies ProjectionDefinition & { evolve: typeof countDeltasOf };

const NO_DELTAS: readonly CountDelta[] = [];

/** Empty when the contribution is the same; one delta when only its figures changed; two when it moved to other counts. */
function countDeltasOf(before: DiscoveryRow | null, after: DiscoveryRow): readonly CountDelta[] {
  const old = before === null ? null : contributionOf(before);
  const now = contributionOf(after);
  if (old === null) return now === null ? NO_DELTAS : [now];
  if (now === null) return [negated(old)];
  if (!isSameCount(old, now)) return [negated(old), now];
  if (old.discoveries === now.discoveries) return NO_DELTAS;
  return [{ ...now, artifacts: 0, discoveries: now.discoveries - old.discoveries }];
}

function contributionOf(row: DiscoveryRow): CountDelta | null {
  const { source, artifactType, publishedMs, publishedPrecision } = row;
  if (source === null || artifactType === null || publishedMs === null || publishedPrecision === null) return null;
  const day = Math.floor(publishedMs / DAY_MS);
  return { source, artifactType, day, precision: publishedPrecision, artifacts: 1, discoveries: row.visible ? 1 : 0 };
}

const negated = (delta: CountDelta): CountDelta => ({ ...delta, artifacts: 0 - delta.artifacts, discoveries: 0 - delta.discoveries });

function isSameCount(left: CountDelta, right: CountDelta): boolean {
  return (
    left.source === right.source && left.artifactType === right.artifactType && left.day === right.day && left.precision === right.precision
  );
}
