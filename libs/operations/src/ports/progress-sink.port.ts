export interface PieceOfWork {
  readonly name: string;
  readonly unit: string;
  /** Null: unknown, so no time left can be given. */
  readonly total: number | null;
  /** How much of it an earlier run had done. */
  readonly doneBefore: number;
}

/** What a long operation reports while it runs. Calls are synchronous, quick and never throw. */
export interface ProgressSink {
  started(work: PieceOfWork): void;
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
