import { HarvestError, systemClock } from '@harvest/kernel';
import type { IngestionHistory, IngestionReceipt, WaitReceipt } from '@harvest/operations';
import { noHistory, WaitForIngestionOperation } from '@harvest/operations';
import type { OptionValues } from '../command';
import { count } from '../output/progress-bar';

/** Waits for the barrier when `--wait` was given. @throws `wait-timeout`, `database-missing`. */
export async function waitIfAsked(
  { ingestionId }: IngestionReceipt,
  history: IngestionHistory,
  options: OptionValues,
): Promise<WaitReceipt | null> {
  if (options['wait'] !== true) return null;
  if (history === noHistory)
    throw new HarvestError({ code: 'database-missing', message: 'it is published; --wait needs the database too' });
  return new WaitForIngestionOperation(history, systemClock).run(ingestionId, Number(options['waitTimeout']));
}

export function describeReceipt(receipt: IngestionReceipt, waited: WaitReceipt | null): string {
  const { ingestionId, counts, recordsWritten, durationMs } = receipt;
  const perSecond = durationMs > 0 ? Math.round((1000 * recordsWritten) / durationMs) : recordsWritten;
  const types = Object.entries(counts).map(([type, records]) => `${type} ${count(records)}`);
  const lines = [
    `ingestion ${ingestionId}`,
    `published ${count(recordsWritten)} records in ${(durationMs / 1000).toFixed(1)} s (${count(perSecond)}/s)`,
    ...(types.length > 0 ? [`in all ${types.join(', ')}`] : []),
    ...(waited === null ? [] : [describeWait(waited)]),
  ];
  return `${lines.join('\n')}\n`;
}

function describeWait({ outcome, detail, waitedMs }: WaitReceipt): string {
  const after = `${(waitedMs / 1000).toFixed(2)} s after it was published`;
  if (outcome === 'complete') return `complete: everything of it is in the answers, ${after}`;
  return `${outcome} ${after}: ${JSON.stringify(detail)}`;
}
