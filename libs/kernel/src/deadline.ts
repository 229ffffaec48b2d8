import { HarvestError } from './harvest-error';

/** Settles like `work`, or rejects with `deadline-exceeded` after `timeoutMs`. The work itself is not cancelled. */
export async function withDeadline<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new HarvestError({ code: 'deadline-exceeded', retriable: true, message: `${what} took longer than ${timeoutMs} ms` })),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
