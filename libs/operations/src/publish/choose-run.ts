import type { IngestionHistory } from '../ports/ingestion-history.port';

export interface ChosenRun {
  readonly ingestionId: string;
  readonly run: number;
  /** What a killed run had reported as written; null: this run is new. */
  readonly writtenBefore: Readonly<Record<string, number>> | null;
}

const MAX_RUNS = 100_000;

/** The first run that has not completed: a killed one goes on, after a completed one the same facts are published once more. */
export async function chooseRun(history: IngestionHistory, name: string): Promise<ChosenRun> {
  for (let run = 1; run < MAX_RUNS; run += 1) {
    const ingestionId = ingestionIdOf(name, run);
    const status = await history.find(ingestionId);
    if (status === null) return { ingestionId, run, writtenBefore: null };
    if (status.state !== 'completed') return { ingestionId, run, writtenBefore: status.counts ?? {} };
  }
  throw new RangeError(`${name} has been published ${MAX_RUNS} times`);
}

export function ingestionIdOf(name: string, run: number): string {
  return `${name}:run-${run}`;
}
