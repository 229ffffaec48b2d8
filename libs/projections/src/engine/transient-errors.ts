import { isHarvestError } from '@harvest/kernel';
import type { HarvestError } from '@harvest/kernel';

/** Credentials may be put right, a schema may be about to go with its generation: those are waited for as well. */
const WAITED_FOR = new Set(['store-unreachable', 'database-not-migrated']);

/** Whether the same work may succeed later without a new version of this product. */
export function isTransient(error: unknown): error is HarvestError {
  return isHarvestError(error) && (error.retriable || WAITED_FOR.has(error.code));
}

export function isCorrupt(error: unknown): boolean {
  return isHarvestError(error) && error.code === 'store-corrupt';
}
