export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Exponential delay with full jitter: uniform in [½·d, d], d = min(maxMs, firstMs · 2^attempt). `random` yields [0, 1). */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + random() / 2));
}
