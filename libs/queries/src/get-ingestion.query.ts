import { TOPIC_FAMILIES } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';
import type { NamedQuery, SqlReader } from '@harvest/read-models';
import { INGESTION_COLUMNS, ingestionDetailView, type IngestionRecord, ingestionsWithOutcome } from './ingestion-view';
import type { Answered } from './list-discoveries.query';

/** Depends on every topic: an ingestion's progress is where the checkpoints stand against its manifest. */
const GET_INGESTION: NamedQuery = {
  name: 'get-ingestion',
  dependsOn: TOPIC_FAMILIES,
  text: (schema) => `SELECT ${INGESTION_COLUMNS} FROM ${ingestionsWithOutcome(schema)} WHERE i.ingestion_id = $1::text`,
};

/** `GET /v1/ingestions/{id}`. Rejects with `ingestion-unknown`. */
export async function getIngestion(reader: SqlReader, ingestionId: string): Promise<Answered> {
  const { rows, snapshot } = await reader.query(GET_INGESTION, [ingestionId]);
  const row = rows[0] as unknown as IngestionRecord | undefined;
  if (!row) {
    throw new HarvestError({
      code: 'ingestion-unknown',
      message: `no event of an ingestion "${ingestionId.slice(0, 200)}" has been projected`,
      context: { ingestionId },
    });
  }
  return { body: Buffer.from(JSON.stringify(ingestionDetailView(row, snapshot.positions))), snapshot };
}
