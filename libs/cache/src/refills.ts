import { HarvestError } from '@harvest/kernel';

/**
 * At most one flight per key in this process, and at most `limit` refills at once over all keys. Beyond the limit a caller is
 * told at once rather than queued: a queue in front of a slow database only makes every answer late.
 */
export class Refills<T> {
  private readonly flights = new Map<string, Promise<T>>();
  private admitted = 0;
  joined = 0;
  refused = 0;

  constructor(readonly limit: number) {}

  get running(): number {
    return this.admitted;
  }

  isFlying(key: string): boolean {
    return this.flights.has(key);
  }

  /** Joins the flight of this key, or starts it. The key names the version: nobody joins a flight begun before a move. */
  async join(key: string, fly: () => Promise<T>): Promise<T> {
    const flying = this.flights.get(key);
    if (flying) {
      this.joined += 1;
      return flying;
    }
    const flight = fly().finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
  }

  /** Takes one of the `limit` places for as long as `refill` runs. Rejects with `refill-limit` (retriable) when there is none. */
  async admit<R>(refill: () => Promise<R>): Promise<R> {
    if (this.admitted >= this.limit) {
      this.refused += 1;
      throw new HarvestError({
        code: 'refill-limit',
        retriable: true,
        message: `${this.limit} answers are being made already; try again in a moment`,
        context: { retryAfterMs: 1000 },
      });
    }
    this.admitted += 1;
    try {
      return await refill();
    } finally {
      this.admitted -= 1;
    }
  }
}
