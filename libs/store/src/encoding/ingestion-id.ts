import type { LogHeaders } from '@harvest/contracts';

/**
 * The ingestion that a raw record names, in either binding, or null when that cannot be made out. Total: the record may be anything;
 * the answer is text that Postgres takes.
 */
export function ingestionIdOf(record: { readonly headers: LogHeaders; readonly value: Buffer | null }): string | null {
  const header = record.headers['ce_ingestionid'];
  if (header !== undefined) return asId(header.toString());
  const isStructured = record.headers['content-type']?.toString().startsWith('application/cloudevents+json') === true;
  return isStructured && record.value !== null ? asId(attributeOf(record.value)) : null;
}

function attributeOf(value: Buffer): unknown {
  try {
    const envelope: unknown = JSON.parse(value.toString());
    return typeof envelope === 'object' && envelope !== null ? (envelope as { ingestionid?: unknown }).ingestionid : null;
  } catch {
    // The bytes are no JSON: the record names nobody.
    return null;
  }
}

function asId(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > 512) return null;
  return value.isWellFormed() && !value.includes('\u0000') ? value : null;
}
