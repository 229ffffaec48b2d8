import type { HalfGuard } from '@harvest/read-models';
import type { Outcome } from './definition';

/**
 * Who wins between two events of one half: one total order, compared left to right: carries a sequence or not, sequence, place in
 * the log. Facts arrive in log order, so of two equal ones the later wins. (Source: docs/events, "Order".)
 */
const LIVE_HALF: HalfGuard = { alive: true, sequenced: false, floor: null };

/** Whether an event with this sequence writes the half. */
export function judgeHalf(guard: HalfGuard, sequence: bigint | null): Outcome {
  if (sequence === null) return guard.sequenced ? 'sequence-missing' : 'projected';
  if (guard.floor === null || sequence > guard.floor) return 'projected';
  return guard.alive && sequence === guard.floor ? 'projected' : 'superseded';
}

/** What the half remembers after the event; the same object when nothing is new. A superseded event is seen, too. */
export function guardAfterEvent(guard: HalfGuard, sequence: bigint | null, outcome: Outcome): HalfGuard {
  const alive = guard.alive || outcome === 'projected';
  if (sequence === null) return withAlive(guard, alive);
  const floor = higherOf(guard.floor, sequence);
  if (alive === guard.alive && guard.sequenced && floor === guard.floor) return guard;
  return { alive, sequenced: true, floor };
}

/**
 * What the half remembers after a retraction or a tombstone. Without a sequence it beats all before it in the log, and floors stay;
 * with one it competes by it (so a retried old retraction does not delete a newer life) and raises the floor.
 */
export function guardAfterRetraction(guard: HalfGuard, sequence: bigint | null): HalfGuard {
  if (sequence === null) return withAlive(guard, false);
  const beaten = !guard.sequenced || guard.floor === null || guard.floor <= sequence;
  const alive = guard.alive && !beaten;
  const floor = higherOf(guard.floor, sequence);
  if (alive === guard.alive && floor === guard.floor) return guard;
  return { alive, sequenced: guard.sequenced, floor };
}

function withAlive(guard: HalfGuard, alive: boolean): HalfGuard {
  if (guard.alive === alive) return guard;
  if (alive && !guard.sequenced && guard.floor === null) return LIVE_HALF;
  return { alive, sequenced: guard.sequenced, floor: guard.floor };
}

function higherOf(floor: bigint | null, sequence: bigint): bigint {
  return floor === null || sequence > floor ? sequence : floor;
}
