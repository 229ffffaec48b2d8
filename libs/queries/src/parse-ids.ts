import { MAX_ID_BYTES } from '@harvest/contracts';
import { HarvestError } from '@harvest/kernel';

export const MAX_LOOKUP_IDS = 200;

/** The ids of a lookup's body, each once, in order. Rejects with `body-invalid`, naming the field. */
export function parseLookupBody(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw bodyInvalid('body', 'must be an object with "ids"');
  const stranger = Object.keys(body).find((name) => name !== 'ids');
  if (stranger !== undefined) throw bodyInvalid(stranger.slice(0, 60), 'is not known here; known is ids');
  const { ids } = body as { ids?: unknown };
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_LOOKUP_IDS) {
    throw bodyInvalid('ids', `must be a list of 1 to ${MAX_LOOKUP_IDS} ids`);
  }
  return [...new Set(ids.map((id, index) => parseId(id, `ids[${index}]`)))];
}

/** An id as Postgres and the log can hold it: no NUL, whole characters, at most 512 bytes. Rejects with `body-invalid`. */
export function parseId(id: unknown, field: string): string {
  if (typeof id !== 'string' || id === '') throw bodyInvalid(field, 'must be a text that is not empty');
  if (id.includes('\u0000') || !id.isWellFormed()) throw bodyInvalid(field, 'holds a NUL character or half a character');
  if (Buffer.byteLength(id) > MAX_ID_BYTES) throw bodyInvalid(field, `must be at most ${MAX_ID_BYTES} bytes`);
  return id;
}

function bodyInvalid(field: string, rule: string): HarvestError {
  return new HarvestError({ code: 'body-invalid', message: `"${field}" ${rule}`, context: { parameter: field } });
}
