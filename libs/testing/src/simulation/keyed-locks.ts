/** Exclusive locks by name, waited for in order of asking: what rows are to transactions. */
export class KeyedLocks {
  private readonly tails = new Map<string, Promise<void>>();

  /** Resolves with the release once the lock is held. */
  async acquire(name: string): Promise<() => void> {
    const before = this.tails.get(name) ?? Promise.resolve();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    this.tails.set(
      name,
      before.then(() => held),
    );
    await before;
    return release;
  }
}
