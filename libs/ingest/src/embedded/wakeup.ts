/** A wait that can be cut short; a wake between two waits ends the next one at once. */
export class Wakeup {
  private isWoken = false;
  private interrupt: (() => void) | null = null;

  wake(): void {
    this.isWoken = true;
    this.interrupt?.();
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.interrupt = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.interrupt = null;
    this.isWoken = false;
  }
}
