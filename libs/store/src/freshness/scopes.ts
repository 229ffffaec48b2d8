import { topicName, type TopicFamily } from '@harvest/contracts';
import type { CacheScope } from '@harvest/read-models';

const FAMILIES: Readonly<Record<CacheScope, readonly TopicFamily[]>> = {
  discoveries: ['artifacts', 'scores'],
  ingestions: ['ingestions'],
};

/** The topics whose events change a scope's answers. */
export function topicsOfScope(prefix: string, scope: CacheScope): readonly string[] {
  return FAMILIES[scope].map((family) => topicName(prefix, family));
}
