/** Lets one loop wait until somebody has something for it. A call before the wait is not lost. */
export class Wakeup {
  private resolve: (() => void) | null = null;
  private due = false;

  wake(): void {
    this.due = true;
    this.resolve?.();
  }

  async wait(): Promise<void> {
    if (!this.due) await new Promise<void>((resolve) => (this.resolve = resolve));
    this.resolve = null;
    this.due = false;
  }
}
