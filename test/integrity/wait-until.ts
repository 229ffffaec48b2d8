export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Wait {
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** Asks until the answer is not null. An error of the question counts as "not yet": services are down in between. */
export async function waitUntil<T>({ what, timeoutMs, everyMs = 100 }: Wait, ask: () => Promise<T | null> | T | null): Promise<T> {
  const untilMs = Date.now() + timeoutMs;
  let last = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      last = error instanceof Error ? ` (${error.message})` : '';
    }
    if (Date.now() > untilMs) throw new Error(`not within ${timeoutMs} ms: ${what}${last}`);
    await sleep(everyMs);
  }
}
