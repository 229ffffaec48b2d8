import type { RejectedRecord } from '../decode/decoded';
import { MAX_NESTING, readJson } from '../decode/json-bytes';
import { readPayload } from '../decode/payload';
import { isRejected, jsonPath, reject } from '../decode/rejection';
import type { ArtifactObserved } from '../events/payloads';

const RULES = {
  path: 'line',
  maxDepth: MAX_NESTING,
  nameOf: (segments: readonly PropertyKey[]) => jsonPath('line', segments),
};

type Members = Readonly<Record<string, unknown>>;

/**
 * A line of *plain artifacts* (one JSON object per artifact) as the payload of `artifact.observed`: `id` → artifactId, `type` →
 * artifactType, author texts → { name }, `extra.datePrecision` → publishedPrecision, the rest of `extra` → attributes, everything
 * else by its name. The same rules as for an event's value. Total.
 */
export function plainArtifactToEvent(line: Buffer): { readonly kind: 'artifact'; readonly payload: ArtifactObserved } | RejectedRecord {
  const json = readJson(line, RULES);
  if (isRejected(json)) return json;
  if (!isMembers(json.value)) return reject('payload-invalid', 'line', 'a plain artifact is a JSON object; write one a line');
  const { extra } = json.value;
  if (extra !== undefined && extra !== null && !isMembers(extra)) {
    return reject('payload-invalid', 'line.extra', 'extra must be an object; write its members there');
  }
  const read = readPayload('artifact.observed', toPayload(json.value, extra ?? {}), line.length);
  return isRejected(read) ? read : { kind: 'artifact', payload: read.payload as ArtifactObserved };
}

/** Whether a line is meant as a structured CloudEvent (it bears `specversion`) and not as a plain artifact. Total. */
export function isCloudEventLine(line: Buffer): boolean {
  if (!line.includes('specversion')) return false;
  try {
    const value: unknown = JSON.parse(line.toString());
    return isMembers(value) && Object.hasOwn(value, 'specversion');
  } catch {
    // Neither; the decoder says why.
    return false;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toPayload(line: Members, extra: Members): Members {
  const { id, type, extra: _extra, ...named } = line;
  const { datePrecision, ...attributes } = extra;
  return {
    ...named,
    ...(id !== undefined && { artifactId: id }),
    ...(type !== undefined && { artifactType: type }),
    ...(Array.isArray(line['authors']) && { authors: line['authors'].map(authorOf) }),
    ...(datePrecision !== undefined && { publishedPrecision: datePrecision }),
    ...(Object.keys(attributes).length > 0 && { attributes: { ...(isMembers(line['attributes']) && line['attributes']), ...attributes } }),
  };
}

function authorOf(author: unknown): unknown {
  return typeof author === 'string' ? { name: author } : author;
}
