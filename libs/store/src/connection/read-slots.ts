/** A read that takes longer no longer counts: it may well wait for something else than a processor, and must not hold up the quick. */
const QUICK_MS = 25;

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly proceed: () => void;
}

/**
 * How many quick reads Postgres works on at once; others wait in order of arrival. More at once than there are processors take each
 * other's time and bring in connections whose memory is cold: measured where stalls of 90 ms recur, 1.7 ms of Postgres
 * per list in 20 connections against 1.1 in two or three, and a p99 two to three times as long (docs/decisions, 12).
 */
export class ReadSlots {
  private readonly queue: Waiting[] = [];
  private free: number;

  /** `exhausted`: what a read fails with when its turn has not come within `waitMs`. */
  constructor(
    slots: number,
    private readonly waitMs: number,
    private readonly exhausted: () => Error,
  ) {
    this.free = slots;
  }

  get waiting(): number {
    return this.queue.length;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await this.turn();
    let holds = true;
    const giveBack = () => {
      if (holds) this.passOn();
      holds = false;
    };
    const timer = setTimeout(giveBack, QUICK_MS);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      giveBack();
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(this.exhausted());
      }, this.waitMs);
      const waiting: Waiting = { timer, proceed: resolve };
      this.queue.push(waiting);
    });
  }

  private passOn(): void {
    const next = this.queue.shift();
    if (next === undefined) {
      this.free += 1;
      return;
    }
    clearTimeout(next.timer);
    next.proceed();
  }
}
