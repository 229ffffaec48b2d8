import { isIdTooLong, MAX_ID_BYTES } from '../events/primitives';
import type { RejectedRecord } from './decoded';
import { readText } from './json-bytes';
import { type AttributePath, reject } from './rejection';

/** The record's key as the subject's id, or why it is none. */
export function readKey(key: Buffer | null): string | RejectedRecord {
  if (key === null || key.length === 0) {
    return reject('key-missing', 'key', 'every record needs the id of its subject as its key, for the order of events; set it');
  }
  if (key.length > MAX_ID_BYTES) return rejectLongId('key', key.length);
  const text = readText(key, 'key');
  return typeof text === 'string' && text.includes('\0') ? rejectNul('key') : text;
}

/** An id or a name of the envelope that becomes part of keys and index rows. */
export function judgeId(id: string, pathOf: AttributePath, attribute: string): RejectedRecord | null {
  if (isIdTooLong(id)) return rejectLongId(pathOf(attribute), Buffer.byteLength(id));
  return id.includes('\0') ? rejectNul(pathOf(attribute)) : null;
}

function rejectLongId(path: string, bytes: number): RejectedRecord {
  return reject('id-too-long', path, `an id has at most ${MAX_ID_BYTES} bytes of UTF-8, this one has ${bytes}; use a shorter one`);
}

function rejectNul(path: string): RejectedRecord {
  return reject('nul-character', path, 'text must not hold U+0000, which no text column can store; leave it out');
}
