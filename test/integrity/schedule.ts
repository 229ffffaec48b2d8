import { commitsSet } from './faults/commits';
import type { Fault } from './faults/fault';
import { comeAndGo, KILL_KINDS, killAt, killAtRandom, zombie } from './faults/kills';
import { backendsKilled, kafkaRestarted, postgresRestarted, redisFlushed, redisFrozen, redisKilled } from './faults/services';

const earlyKills = killAt('after-fetch', 'after-fence', 'before-rows');
const lateKills = killAt('before-commit', 'after-commit-before-acknowledgement', 'after-commit-before-announcing');
const killsInTransaction = killAt('after-fence', 'before-rows', 'before-commit');

export interface Plan {
  /** Struck in this order, and then again from the start of `repeated` until the time is over. */
  readonly faults: readonly Fault[];
  readonly repeated: readonly Fault[];
  /** The least that must have taken effect, by kind. */
  readonly minimum: Readonly<Record<string, number>>;
  readonly minimumEffective: number;
  readonly minimumInTransaction: number;
  readonly minimumEvents: number;
  readonly eventsPerSecond: number;
}

const each = (kinds: readonly string[], count: number) => Object.fromEntries(kinds.map((kind) => [kind, count]));

/** About a minute: every kind of kill, a broken connection and a dead Redis, once. */
export const SHORT: Plan = {
  faults: [earlyKills, redisKilled, lateKills, backendsKilled, killAtRandom],
  repeated: [],
  minimum: each([...KILL_KINDS, 'killed at random', 'backends killed', 'Redis killed'], 1),
  minimumEffective: 9,
  minimumInTransaction: 3,
  minimumEvents: 10_000,
  eventsPerSecond: 800,
};

const OTHERS: readonly (readonly [string, Fault])[] = [
  ['killed at random', killAtRandom],
  ['backends killed', backendsKilled],
  ['Redis killed', redisKilled],
  ['stopped and continued', zombie],
  ['Redis frozen', redisFrozen],
  ['commits set to the end', commitsSet('to the end')],
  ['Redis flushed', redisFlushed],
  ['Postgres restarted', postgresRestarted],
  ['second projector', comeAndGo],
  ['commits set back', commitsSet('back')],
  ['Kafka restarted', kafkaRestarted],
  ['commits set forward', commitsSet('forward')],
];

/** Three of every kind and sixty in all in ten minutes; in fewer minutes as many as there is time for, but one of each. */
export function longPlan(minutes: number): Plan {
  const share = Math.min(1, minutes / 10);
  const round = [
    earlyKills,
    ...spread(
      OTHERS.map(([, fault]) => fault),
      [lateKills, killsInTransaction],
    ),
  ];
  const kinds = [...KILL_KINDS, ...OTHERS.map(([kind]) => kind)];
  const least = Math.max(1, Math.floor(3 * share));
  return {
    faults: Array.from({ length: least }, () => round).flat(),
    repeated: [earlyKills, redisFlushed, lateKills, backendsKilled, killsInTransaction, killAtRandom, comeAndGo],
    minimum: each(kinds, least),
    minimumEffective: Math.floor(60 * share),
    minimumInTransaction: Math.floor(20 * share),
    minimumEvents: Math.floor(500_000 * share),
    eventsPerSecond: 1_150,
  };
}

/** `few` at even distances among `many`. */
function spread(many: readonly Fault[], few: readonly Fault[]): readonly Fault[] {
  const every = Math.ceil(many.length / few.length);
  return many.flatMap((fault, index) => (index % every === every - 1 ? [fault, few[Math.floor(index / every)] ?? fault] : [fault]));
}
