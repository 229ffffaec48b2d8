import type { IngestionView } from '@harvest/contracts';
import { ingestionSchema } from '@harvest/contracts';
import { isHarvestError } from '@harvest/kernel';
import type { Queries } from '@harvest/queries';
import type { IngestionHistory, IngestionStatus } from '../ports/ingestion-history.port';

/** The history as the API's own question answers it. */
export function createIngestionHistory(queries: Pick<Queries, 'getIngestion'>): IngestionHistory {
  return {
    find: async (ingestionId) => {
      try {
        const { body } = await queries.getIngestion(ingestionId);
        return statusOf(ingestionSchema.parse(JSON.parse(body.toString())));
      } catch (error) {
        if (isHarvestError(error) && error.code === 'ingestion-unknown') return null;
        throw error;
      }
    },
  };
}

function statusOf({ state, counts, detail }: IngestionView): IngestionStatus {
  const about = { counts: counts ?? null, detail: detail ?? null };
  if (state === 'announced' || state === 'running' || state === 'failed') return { ...about, state, outcome: null };
  return { ...about, state: 'completed', outcome: state === 'pending' ? null : state };
}
