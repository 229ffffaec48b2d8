/** What all partitions of a process may hold together. Whoever finds it full pauses, and is told when there is room again. */
export class QueueBudget {
  private used = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly limitBytes: number) {}

  add(bytes: number): void {
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
    if (this.isFull()) return;
    const told = [...this.waiting];
    this.waiting.clear();
    for (const tell of told) tell();
  }

  isFull(): boolean {
    return this.used >= this.limitBytes;
  }

  usedBytes(): number {
    return this.used;
  }

  /** Calls back once, when there is room again. The same function is kept once. */
  onRoom(tell: () => void): void {
    this.waiting.add(tell);
  }

  forget(tell: () => void): void {
    this.waiting.delete(tell);
  }
}
