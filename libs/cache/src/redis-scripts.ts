import { createHash } from 'node:crypto';

/**
 * Redis announces nothing: NOTIFY does, and each process's one-second poll repairs what it loses (pub/sub of Redis loses as well,
 * and a process without LISTEN has the poll). Redis holds a copy of each counter only so that a write can be refused when the
 * fleet already knows a newer one. It is a maximum, never an INCR: repeating or reordering the same news changes nothing, and
 * after FLUSHALL it is simply unknown. All keys of a scope share a hash tag, as a script on a cluster needs.
 */
export interface Script {
  readonly sha: string;
  readonly text: string;
  readonly keys: number;
}

/** Counters are int8: beyond 2^53 Lua's numbers are inexact, so decimal strings are compared, the longer one being the greater. */
const NEWER = `
local function newer(a, b)
  return #a > #b or (#a == #b and a > b)
end
`;
/** A counter's copy outlives every answer under it. */
const COUNTER_TTL_MS = 86_400_000;

function script(keys: number, text: string): Script {
  return { keys, text, sha: createHash('sha1').update(text).digest('hex') };
}

/**
 * KEYS entry, lease · ARGV token, lease ms → {entry, remaining ms} | {'', 1: the lease is ours} | {'', 0: another's}.
 * A full server refuses the lease: then nobody has it, and we make the answer.
 */
export const FIND_OR_LEASE = script(
  2,
  `
local entry = redis.call('GET', KEYS[1])
if entry then return {entry, redis.call('PTTL', KEYS[1])} end
local leased = redis.pcall('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
if leased == false then return {'', 0} end
return {'', 1}
`,
);

/** KEYS counter, entry, lease · ARGV value, entry, ttl ms, token → 1 stored, 0 refused because a newer counter is known. */
export const STORE = script(
  3,
  `${NEWER}
if ARGV[4] ~= '' and redis.call('GET', KEYS[3]) == ARGV[4] then redis.call('DEL', KEYS[3]) end
local known = redis.call('GET', KEYS[1])
if known and newer(known, ARGV[1]) then return 0 end
if not known or newer(ARGV[1], known) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ${COUNTER_TTL_MS}) end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return 1
`,
);

/** KEYS lease · ARGV token */
export const RELEASE = script(
  1,
  `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`,
);

/** KEYS counter · ARGV value */
export const TELL = script(
  1,
  `${NEWER}
local known = redis.call('GET', KEYS[1])
if not known or newer(ARGV[1], known) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ${COUNTER_TTL_MS})
  return 1
end
return 0
`,
);
