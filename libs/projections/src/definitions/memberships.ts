import type { Contribution, DiscoveryRow, Membership, MembershipChanges } from '@harvest/read-models';
import { DAY_MS } from './counts.v1.projection';

/** An artifact's hot row, and what it belongs to as the card's row keeps it. */
export interface Belonging {
  readonly discovery: DiscoveryRow;
  readonly text: string;
}

/** What an artifact gives to each of its groups. */
interface Shares<M> {
  readonly text: string;
  readonly mentions: readonly M[];
  readonly membership: Membership;
  readonly contribution: Contribution;
}

const NOTHING = { added: [], removed: [], deltas: [] } as const;

/** What an artifact contributes now minus what it contributed before. Only observed artifacts belong to anything. */
export function membershipChanges<M extends object>(
  parse: (text: string) => readonly M[],
  before: Belonging | null,
  after: Belonging,
): MembershipChanges<M> {
  const old = before === null ? null : sharesOf(parse, before);
  const now = sharesOf(parse, after);
  if (old === null) return now === null ? NOTHING : { added: membersOf(now), removed: [], deltas: deltasOf(now) };
  if (now === null) return { added: [], removed: membersOf(old), deltas: deltasOf(old).map(negated) };
  return changesBetween(old, now);
}

/** Null of an artifact that is not observed, or belongs to nothing. */
function sharesOf<M>(parse: (text: string) => readonly M[], { discovery, text }: Belonging): Shares<M> | null {
  const { artifactId, publishedMs, publishedPrecision: precision, visible, discoveryScore } = discovery;
  if (text === '' || publishedMs === null || precision === null) return null;
  const figures = visible && discoveryScore !== null ? { discoveries: 1, scoreSum: discoveryScore } : { discoveries: 0, scoreSum: 0 };
  return {
    text,
    mentions: parse(text),
    membership: { artifactId, publishedMs },
    contribution: { day: Math.floor(publishedMs / DAY_MS), precision, artifacts: 1, ...figures },
  };
}

function changesBetween<M extends object>(old: Shares<M>, now: Shares<M>): MembershipChanges<M> {
  const sameMembers = old.text === now.text && old.membership.publishedMs === now.membership.publishedMs;
  if (!sameMembers || old.contribution.precision !== now.contribution.precision) {
    const moved = sameMembers ? NOTHING : { added: membersOf(now), removed: membersOf(old) };
    return { ...moved, deltas: [...deltasOf(old).map(negated), ...deltasOf(now)] };
  }
  const discoveries = now.contribution.discoveries - old.contribution.discoveries;
  const scoreSum = now.contribution.scoreSum - old.contribution.scoreSum;
  if (discoveries === 0 && scoreSum === 0) return NOTHING;
  return {
    added: [],
    removed: [],
    deltas: deltasOf({ ...now, contribution: { ...now.contribution, artifacts: 0, discoveries, scoreSum } }),
  };
}

const membersOf = <M extends object>({ mentions, membership }: Shares<M>) => mentions.map((mention) => ({ ...mention, ...membership }));
const deltasOf = <M extends object>({ mentions, contribution }: Shares<M>) => mentions.map((mention) => ({ ...mention, ...contribution }));

function negated<D extends Contribution>(delta: D): D {
  return { ...delta, artifacts: 0 - delta.artifacts, discoveries: 0 - delta.discoveries, scoreSum: 0 - delta.scoreSum };
}
