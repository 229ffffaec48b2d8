import type { Clock } from '@harvest/kernel';

/** Hands the items on at `perSecond` on average, in steps of at most 50 ms; never faster, also after a stall. */
export async function* paced<T>(items: Iterable<T>, perSecond: number, clock: Clock): AsyncGenerator<T> {
  const stepMs = 50;
  const perStep = Math.max(1, Math.round((perSecond * stepMs) / 1000));
  let nextMs = clock.nowMs();
  let left = perStep;
  for (const item of items) {
    if (left === 0) {
      nextMs = Math.max(clock.nowMs(), nextMs + (perStep * 1000) / perSecond);
      await clock.sleep(Math.max(0, nextMs - clock.nowMs()));
      left = perStep;
    }
    left -= 1;
    yield item;
  }
}
