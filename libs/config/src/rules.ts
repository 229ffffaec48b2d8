import { z } from 'zod';
import { FAULT_ACTIONS, FAULT_POINTS } from '@harvest/kernel';
import type { FaultSetting } from '@harvest/kernel';

/** A variable's text → its value. The message is the rule in words: `must be …`. */
type Rule<T> = z.ZodType<T, string>;

function rule<T>(mustBe: string, parse: (text: string) => T | null): Rule<T> {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: 'custom', message: `must be ${mustBe}` });
    return z.NEVER;
  });
}

export function integer(min: number, max: number): Rule<number> {
  return rule(`an integer between ${min} and ${max}`, (text) => {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= min && value <= max ? value : null;
  });
}

export const text: Rule<string> = z.string();

export function matching(pattern: RegExp, mustBe: string): Rule<string> {
  return rule(mustBe, (value) => (pattern.test(value) ? value : null));
}

export function oneOf<const T extends string>(values: readonly T[]): Rule<T> {
  return rule(`one of ${values.join(', ')}`, (value) => values.find((candidate) => candidate === value) ?? null);
}

export function url(protocols: readonly string[], example: string): Rule<string> {
  return rule(`a URL such as ${example}`, (value) => (protocols.includes(URL.parse(value)?.protocol ?? '') ? value : null));
}

/** `host:port,host:port` */
export const brokers: Rule<readonly string[]> = rule('a comma list of host:port, without a protocol', (value) => {
  const list = value.split(',').map((broker) => broker.trim());
  return list.every((broker) => /^(\[[0-9a-f:]+\]|[a-z0-9._-]+):\d{1,5}$/i.test(broker)) ? list : null;
});

export type TrustProxy = false | number | readonly string[];

/** Never `true`: that takes the left-most X-Forwarded-For, which any client can write. */
export const trustProxy: Rule<TrustProxy> = rule(
  'the number of proxies in front (0–10) or a comma list of their addresses or CIDRs; `true` would trust any client',
  (value) => {
    if (/^\d{1,2}$/.test(value)) return hops(Number(value));
    const list = value.split(',').map((address) => address.trim());
    return list.every((address) => isAddressOrCidr(address)) ? list : null;
  },
);

function hops(count: number): TrustProxy | null {
  if (count > 10) return null;
  return count === 0 ? false : count;
}

function isAddressOrCidr(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/');
  const isV6 = address.includes(':');
  const wellFormed = isV6 ? z.ipv6().safeParse(address).success : z.ipv4().safeParse(address).success;
  if (!wellFormed || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isV6 ? 128 : 32));
}

export type PoisonPolicy = 'park' | 'skip';
export interface OnPoison {
  readonly default: PoisonPolicy;
  /** Exceptions, by topic family (`artifacts`). */
  readonly byFamily: Readonly<Record<string, PoisonPolicy>>;
}

/** The families a policy may name; kept equal to those of the contracts by a test. */
export const POISON_FAMILIES = ['artifacts', 'scores', 'relationships', 'entities', 'topics', 'ingestions'] as const;

export const onPoison: Rule<OnPoison> = rule('park or skip, with exceptions per topic such as park,artifacts=skip', (value) => {
  const byFamily: Record<string, PoisonPolicy> = {};
  let fallback: PoisonPolicy = 'park';
  for (const part of value.split(',').map((piece) => piece.trim())) {
    const [left = '', right] = part.split('=');
    const policy = asPolicy(right ?? left);
    if (policy === null) return null;
    if (right === undefined) fallback = policy;
    else if (POISON_FAMILIES.some((family) => family === left)) byFamily[left] = policy;
    else return null;
  }
  return { default: fallback, byFamily };
});

function asPolicy(value: string): PoisonPolicy | null {
  return value === 'park' || value === 'skip' ? value : null;
}

const FAULT_RULE =
  'faults separated by `;`, each point:action[:after=N,times=N,topic=T,type=T,ms=N]; ' +
  `points: ${FAULT_POINTS.join(', ')}; actions: ${FAULT_ACTIONS.join(', ')}`;

/** `before-commit:kill:after=20,topic=scores;after-fetch:delay:ms=200,times=5` */
export const faults: Rule<readonly FaultSetting[]> = rule(FAULT_RULE, (value) => {
  const settings = value.split(';').map((one) => parseFault(one.trim()));
  return settings.every((setting) => setting !== null) ? settings : null;
});

const FAULT_OPTIONS = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  times: z.coerce.number().int().min(1).default(1),
  topic: z.string().min(1).nullable().default(null),
  type: z.string().min(1).nullable().default(null),
  ms: z.coerce.number().int().min(0).max(600_000).default(100),
});

function parseFault(one: string): FaultSetting | null {
  const [pointName, actionName, optionText, ...rest] = one.split(':');
  const point = FAULT_POINTS.find((candidate) => candidate === pointName);
  const action = FAULT_ACTIONS.find((candidate) => candidate === actionName);
  const pairs = (optionText ?? '').split(',').filter((pair) => pair !== '');
  const options = FAULT_OPTIONS.safeParse(Object.fromEntries(pairs.map((pair) => pair.split('=', 2))));
  if (point === undefined || action === undefined || !options.success || rest.length > 0) return null;
  const { ms: delayMs, ...others } = options.data;
  return { point, action, delayMs, ...others };
}
