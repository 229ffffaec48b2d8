import type { HalfGuard } from '@harvest/read-models';

/** Two bits a half, in one int2: alive and sequenced. */
export function packGuards(halves: readonly HalfGuard[]): number {
  let flags = 0;
  for (let index = 0; index < halves.length; index += 1) {
    const half = halves[index]!;
    if (half.alive) flags |= 1 << (index * 2);
    if (half.sequenced) flags |= 2 << (index * 2);
  }
  return flags;
}

export function unpackGuard(flags: number, index: number, floor: string | null): HalfGuard {
  const bits = flags >> (index * 2);
  return { alive: (bits & 1) === 1, sequenced: (bits & 2) === 2, floor: floor === null ? null : BigInt(floor) };
}
