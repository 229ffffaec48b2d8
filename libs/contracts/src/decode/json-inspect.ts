import type { RejectedRecord } from './decoded';
import { findDuplicateKey } from './duplicate-keys';
import { jsonPath, type PathNamer, reject } from './rejection';

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

type Segments = (string | number)[];

/**
 * The exact check of what `scanJson` only suspects.
 * @param text what `value` was parsed from; nested at most as deep as the decoder allows.
 */
export function inspectJson(text: string, value: unknown, nameOf: PathNamer): RejectedRecord | null {
  return inspect(value, [], nameOf) ?? inspectKeys(text, nameOf);
}

function inspectKeys(text: string, nameOf: PathNamer): RejectedRecord | null {
  const duplicate = findDuplicateKey(text);
  if (duplicate === null) return null;
  return reject(
    'duplicate-key',
    nameOf(duplicate),
    'a key stands twice in one object, so that readers disagree about its value; send it once',
  );
}

function inspect(value: unknown, segments: Segments, nameOf: PathNamer): RejectedRecord | null {
  if (typeof value === 'string') return inspectText(value, () => nameOf(segments));
  if (typeof value === 'number') return inspectNumber(value, () => nameOf(segments));
  if (typeof value !== 'object' || value === null) return null;
  return Array.isArray(value) ? inspectItems(value, segments, nameOf) : inspectMembers(value, segments, nameOf);
}

function inspectItems(items: readonly unknown[], segments: Segments, nameOf: PathNamer): RejectedRecord | null {
  for (let index = 0; index < items.length; index += 1) {
    segments.push(index);
    const rejection = inspect(items[index], segments, nameOf);
    if (rejection) return rejection;
    segments.pop();
  }
  return null;
}

function inspectMembers(members: object, segments: Segments, nameOf: PathNamer): RejectedRecord | null {
  for (const [key, member] of Object.entries(members)) {
    segments.push(key);
    const rejection = inspectKey(key, () => nameOf(segments)) ?? inspect(member, segments, nameOf);
    if (rejection) return rejection;
    segments.pop();
  }
  return null;
}

function inspectKey(key: string, path: () => string): RejectedRecord | null {
  if (FORBIDDEN_KEYS.has(key)) {
    return reject('forbidden-key', path(), `the key ${key} can change the prototype of what it is copied into; use another name`);
  }
  return inspectText(key, path);
}

/** What text columns and JSON columns cannot hold. */
export function inspectText(text: string, path: () => string): RejectedRecord | null {
  if (text.includes('\0'))
    return reject('nul-character', path(), 'text must not hold U+0000, which no text column can store; leave it out');
  if (!text.isWellFormed()) {
    return reject(
      'lone-surrogate',
      path(),
      'half of a surrogate pair is no character; send whole characters, as UTF-8 or as a pair of escapes',
    );
  }
  return null;
}

function inspectNumber(value: number, path: () => string): RejectedRecord | null {
  const isSafe = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (isSafe) return null;
  return reject('number-out-of-range', path(), 'numbers must be finite, and whole numbers within ±(2^53 − 1); send larger ones as text');
}

export const payloadPath: PathNamer = (segments) => jsonPath('payload', segments);
