/** How one named read went. The values of its parameters are not told: they may be anybody's data. */
export interface ObservedQuery {
  readonly query: string;
  /** From the question to the answer in hand, the wait for a turn and a connection included. */
  readonly tookMs: number;
  /** Of that, until a connection was there; null: none ever was. */
  readonly waitedMs: number | null;
  /** Null when it failed. */
  readonly rows: number | null;
  /** Null when it failed before one was known. */
  readonly generation: number | null;
  /** The code of what it failed with; null when it did not. */
  readonly failure: string | null;
}

/** Hears of every named read once it has ended. Called on the way of the answer: must be quick and must not throw. */
export type QueryListener = (observed: ObservedQuery) => void;
