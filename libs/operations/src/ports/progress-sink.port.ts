/** What a long operation reports while it runs. Calls are synchronous, quick and never throw. */
export interface ProgressSink {
  /** A new piece of work. `total` null: unknown, so no ETA can be given. */
  started(work: { readonly name: string; readonly unit: string; readonly total: number | null }): void;
  /** How much of it is done by now (absolute, not a difference). */
  advanced(done: number): void;
  /** Something worth a line of its own. */
  noted(message: string): void;
  /** The piece of work is over. */
  finished(): void;
}

export const silentProgress: ProgressSink = {
  started: () => undefined,
  advanced: () => undefined,
  noted: () => undefined,
  finished: () => undefined,
};
