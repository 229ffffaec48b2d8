import { isUtf8 } from 'node:buffer';
import type { RejectedRecord } from './decoded';
import { inspectJson } from './json-inspect';
import { scanJson } from './json-scan';
import { isRejected, type PathNamer, reject } from './rejection';

/** After decompression; a value of exactly this size is taken. */
export const MAX_VALUE_BYTES = 1_048_576;
/** Counted from the payload's root, which is level 1. */
export const MAX_NESTING = 64;

export interface JsonRules {
  /** What the path of a rejection is when it concerns the value as a whole. */
  readonly path: string;
  readonly nameOf: PathNamer;
  readonly maxDepth: number;
}

/** The parsed value, once nothing in its bytes can break anything later. Total. */
export function readJson(bytes: Buffer, rules: JsonRules): { readonly value: unknown } | RejectedRecord {
  if (bytes.length > MAX_VALUE_BYTES) {
    return reject(
      'value-too-large',
      rules.path,
      `the value has ${bytes.length} bytes, at most ${MAX_VALUE_BYTES} are taken; send less per event`,
    );
  }
  const text = readText(bytes, rules.path);
  if (typeof text !== 'string') return text;
  const parsed = parse(text, rules.path);
  if (isRejected(parsed)) return parsed;
  const scan = scanJson(bytes);
  if (scan.depth > rules.maxDepth) {
    return reject('nesting-too-deep', rules.path, `the payload is nested deeper than ${MAX_NESTING} levels; flatten it`);
  }
  return (scan.suspicious ? inspectJson(text, parsed.value, rules.nameOf) : null) ?? parsed;
}

/**
 * The text that the bytes spell, or why they spell none. A byte order mark is kept, so it is no JSON. Decoding puts U+FFFD where
 * bytes are broken, so only texts that hold one need the exact check: half the price of checking all.
 */
export function readText(bytes: Buffer, path: string): string | RejectedRecord {
  const text = bytes.toString();
  if (!text.includes('\ufffd') || isUtf8(bytes)) return text;
  return reject('invalid-utf8', path, 'the bytes are not UTF-8; encode text as UTF-8');
}

function parse(text: string, path: string): { readonly value: unknown } | RejectedRecord {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return reject('invalid-json', path, `the bytes are not one JSON value; send one JSON object (${(error as Error).message})`);
  }
}
