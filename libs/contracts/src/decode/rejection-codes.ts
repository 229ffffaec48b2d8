/** Stable; docs/events says what each means. */
export const REJECTION_CODES = [
  'invalid-utf8',
  'invalid-json',
  'nul-character',
  'lone-surrogate',
  'nesting-too-deep',
  'number-out-of-range',
  'forbidden-key',
  'duplicate-key',
  'impossible-date',
  'id-too-long',
  'key-missing',
  'key-mismatch',
  'value-too-large',
  'attributes-too-large',
  'envelope-invalid',
  'unknown-version',
  'wrong-topic',
  'payload-invalid',
  'tombstone-not-allowed',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];
