import { HarvestError } from '@harvest/kernel';
import type { Snapshot } from '@harvest/read-models';
import type { ParameterReader } from './parameter-reader';
import { covers, decodePosition, type Position, positionOf } from './position';

/** What a reader wants of an answer's age: met, or refused; never silently older. */
export interface ReadRequirements {
  readonly minPosition: Position | null;
  /** How long to wait for `minPosition`. */
  readonly waitMs: number;
  readonly maxStalenessMs: number | null;
}

export const READ_REQUIREMENT_PARAMETERS = ['minPosition', 'waitMs', 'maxStalenessMs'] as const;
export const MAX_WAIT_MS = 30_000;
const LONGEST_STALENESS_MS = 10 ** 12;

/** Rejects with `invalid-position` or `invalid-parameter`. */
export function parseReadRequirements(reader: ParameterReader): ReadRequirements {
  const minPosition = reader.text('minPosition');
  return {
    minPosition: minPosition === null ? null : decodePosition(minPosition),
    waitMs: reader.integer('waitMs', { min: 0, max: MAX_WAIT_MS }) ?? 0,
    maxStalenessMs: reader.integer('maxStalenessMs', { min: 0, max: LONGEST_STALENESS_MS }),
  };
}

/** True when nothing was asked for: any cached answer will do. */
export function asksNothing(requirements: ReadRequirements): boolean {
  return requirements.minPosition === null && requirements.maxStalenessMs === null;
}

/** Whether an answer, cached or fresh, is what was asked for. `ageMs`: since it was stored. */
export function meets(requirements: ReadRequirements, answer: { position: string; stalenessMs: number }, ageMs: number): boolean {
  const { minPosition, maxStalenessMs } = requirements;
  if (minPosition !== null && !covers(decodePosition(answer.position), minPosition)) return false;
  return maxStalenessMs === null || answer.stalenessMs + ageMs <= maxStalenessMs;
}

/** Rejects a fresh snapshot that does not do with `position-not-reached` (412) or `too-stale` (503), both retriable. */
export function assertMeets(requirements: ReadRequirements, snapshot: Snapshot): void {
  const { minPosition, maxStalenessMs, waitMs } = requirements;
  if (minPosition !== null && !covers(positionOf(snapshot), minPosition)) {
    throw new HarvestError({
      code: 'position-not-reached',
      retriable: true,
      message: `what was asked for has not been projected yet; waited ${waitMs} ms (waitMs, at most ${MAX_WAIT_MS})`,
      context: { parameter: 'minPosition' },
    });
  }
  const stalenessMs = snapshot.stalenessMs ?? Number.POSITIVE_INFINITY;
  if (maxStalenessMs === null || stalenessMs <= maxStalenessMs) return;
  const known = Number.isFinite(stalenessMs) ? `${stalenessMs} ms old` : 'of unknown age';
  throw new HarvestError({
    code: 'too-stale',
    retriable: true,
    message: `the freshest answer may be ${known}, more than the ${maxStalenessMs} ms asked for`,
    context: { parameter: 'maxStalenessMs', stalenessMs: Number.isFinite(stalenessMs) ? stalenessMs : null },
  });
}
