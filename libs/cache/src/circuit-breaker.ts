/**
 * Open after the first failure: a server that needed longer than one command's timeout is left alone until a ping of ours is
 * answered again, so a read pays for a dead server once and never again. Reads are never the probe.
 */
export class CircuitBreaker {
  private open = false;
  private failedPings = 0;

  constructor(
    private readonly onChange: (open: boolean) => void,
    /** So many unanswered pings in a row mean that the connection itself is dead. */
    private readonly pingsBeforeReconnect: number,
  ) {}

  get isOpen(): boolean {
    return this.open;
  }

  trip(): void {
    if (this.open) return;
    this.open = true;
    this.onChange(true);
  }

  pingAnswered(): void {
    this.failedPings = 0;
    if (!this.open) return;
    this.open = false;
    this.onChange(false);
  }

  /** True when the connection should be made anew. */
  pingFailed(): boolean {
    this.trip();
    this.failedPings += 1;
    if (this.failedPings < this.pingsBeforeReconnect) return false;
    this.failedPings = 0;
    return true;
  }
}
