import { CACHE_SCOPES, type CacheScope, type ChangeNotice } from '@harvest/read-models';
import type { Statement } from '../connection/write-transaction';

export const NOTICE_CHANNEL = 'harvest_changes';

/** Sent at COMMIT; a payload holds less than 8,000 bytes. */
export const NOTIFY_STATEMENT: Statement = { name: 'notify_change', text: `SELECT pg_notify('${NOTICE_CHANNEL}', $1)` };

export function ingestionPayload(ingestionId: string): string {
  return JSON.stringify({ kind: 'ingestion', ingestionId });
}

export function generationPayload(generation: number): string {
  return JSON.stringify({ kind: 'generation', generation });
}

/** Null for what this version does not understand: another version may speak on the same channel. */
export function parseNotice(payload: string): ChangeNotice | null {
  let notice: Record<string, unknown>;
  try {
    notice = JSON.parse(payload) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (notice['kind'] === 'ingestion') return { kind: 'ingestion', ingestionId: String(notice['ingestionId']) };
  if (notice['kind'] === 'generation') return { kind: 'generation', generation: Number(notice['generation']) };
  if (notice['kind'] === 'counter' && CACHE_SCOPES.includes(notice['scope'] as CacheScope)) {
    const { scope, epoch, value, decidedMs } = notice as { scope: CacheScope; epoch: string; value: string; decidedMs: number | null };
    return { kind: 'counter', counter: { scope, epoch, value: BigInt(value) }, ...(decidedMs !== null && { decidedMs }) };
  }
  return null;
}
