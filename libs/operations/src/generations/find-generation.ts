import { HarvestError } from '@harvest/kernel';
import type { Generation, GenerationStore } from '@harvest/read-models';

/** The one of that number, or the active one. @throws `generation-unknown`. */
export async function findGeneration(store: Pick<GenerationStore, 'list' | 'active'>, number: number | null): Promise<Generation> {
  if (number === null) return store.active();
  const generation = (await store.list()).find((candidate) => candidate.generation === number);
  if (generation !== undefined) return generation;
  throw new HarvestError({ code: 'generation-unknown', message: `there is no generation ${number}` });
}
