/** A seeded source of numbers: the same seed yields the same sequence on every machine and Node version. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, limit). */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  /** Integers 1, 2, 3 … with mean about `mean`, geometric. */
  geometric(mean: number): number;
}

/** sfc32, warmed up; chosen because it needs integer arithmetic only. `stream` makes independent sequences of one seed. */
export function createRandom(seed: number, stream = 0): Random {
  let a = mix(seed);
  let b = mix(a ^ stream);
  let c = mix(b + 0x9e3779b9);
  let counter = 1;
  const next32 = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next32();
  const next = () => next32() / 2 ** 32;
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick: (values) => values[Math.floor(next() * values.length)] as (typeof values)[number],
    geometric: (mean) => 1 + Math.floor(Math.log(1 - next()) / Math.log(1 - 1 / Math.max(mean, 1.0001))),
  };
}

/** The finaliser of murmur3: every bit of the input moves about half of the output's. */
function mix(value: number): number {
  let bits = (value + 0x7f4a7c15) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
