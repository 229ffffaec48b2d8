import { isHarvestError } from '@harvest/kernel';
import type { Queries } from '@harvest/queries';
import { z } from 'zod';
import type { IngestionHistory, IngestionStatus } from '../ports/ingestion-history.port';

const viewSchema = z.object({
  state: z.enum(['announced', 'running', 'pending', 'failed', 'complete', 'complete-with-rejections', 'incomplete']),
  counts: z.record(z.string(), z.number()).optional(),
  detail: z.unknown(),
  waitingForBarrier: z.boolean().optional(),
});

/** The history as the API's own question answers it. */
export function createIngestionHistory(queries: Pick<Queries, 'getIngestion'>): IngestionHistory {
  return {
    find: async (ingestionId) => {
      try {
        const { body } = await queries.getIngestion(ingestionId);
        return statusOf(viewSchema.parse(JSON.parse(body.toString())));
      } catch (error) {
        if (isHarvestError(error) && error.code === 'ingestion-not-found') return null;
        throw error;
      }
    },
  };
}

function statusOf({ state, counts, detail, waitingForBarrier }: z.infer<typeof viewSchema>): IngestionStatus {
  const about = { counts: counts ?? null, detail: detail ?? null };
  if (state === 'complete' || state === 'complete-with-rejections' || state === 'incomplete')
    return { ...about, state: 'completed', outcome: state };
  if (state === 'pending' || waitingForBarrier === true) return { ...about, state: 'completed', outcome: null };
  return { ...about, state, outcome: null };
}
