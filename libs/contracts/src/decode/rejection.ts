import type { RejectedRecord } from './decoded';
import type { RejectionCode } from './rejection-codes';

const MAX_PATH_LENGTH = 200;
const MAX_REASON_LENGTH = 500;

/** Says where an attribute stands: `headers.ce_id` in one binding, `value.id` in the other. */
export type AttributePath = (attribute: string) => string;

/** Names a place of the value, from the segments that lead to it. */
export type PathNamer = (segments: readonly PropertyKey[]) => string;

/** A rejection whose texts may be stored and shown anywhere: bounded, well-formed, without control characters. */
export function reject(code: RejectionCode, path: string, reason: string): RejectedRecord {
  return { kind: 'rejected', code, path: printable(path, MAX_PATH_LENGTH), reason: printable(reason, MAX_REASON_LENGTH) };
}

export function isRejected(value: unknown): value is RejectedRecord {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'rejected';
}

/** `payload.authors[2].name` */
export function jsonPath(root: string, segments: readonly PropertyKey[]): string {
  let path = root;
  for (const segment of segments.slice(0, 66)) path += typeof segment === 'number' ? `[${segment}]` : `.${String(segment)}`;
  return path;
}

/** Texts of producers come into reasons and paths: what would break a text column or a terminal is shown as U+FFFD. */
export function printable(text: string, maxLength: number): string {
  const bounded = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  // oxlint-disable-next-line no-control-regex -- the control characters are what is looked for
  return bounded.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}
