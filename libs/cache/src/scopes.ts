import { HarvestError } from '@harvest/kernel';
import { CACHE_SCOPES, type CacheScope } from '@harvest/read-models';

/** The scopes that a pattern names; `*` stands for any text. Rejects a pattern that names none with `scope-unknown`. */
export function scopesMatching(pattern: string): readonly CacheScope[] {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  const scopes = CACHE_SCOPES.filter((scope) => expression.test(scope));
  if (scopes.length > 0) return scopes;
  throw new HarvestError({
    code: 'scope-unknown',
    message: `no cache scope is named by "${pattern.slice(0, 100)}"; there are ${CACHE_SCOPES.join(', ')}`,
    context: { scopes: CACHE_SCOPES },
  });
}
