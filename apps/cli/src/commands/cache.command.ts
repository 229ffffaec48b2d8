import type { CommandContext, CommandResult } from '../command';

export async function showCacheStats({ services }: CommandContext): Promise<CommandResult> {
  return answer(await (await services.operators()).call('GET', '/cache/stats'));
}

/** Without a pattern: every scope. */
export async function invalidateCache({ services, arguments: [pattern = '*'] }: CommandContext): Promise<CommandResult> {
  return answer(await (await services.operators()).call('POST', '/cache/invalidate', { pattern }));
}

export async function clearCache({ services }: CommandContext): Promise<CommandResult> {
  return answer(await (await services.operators()).call('POST', '/cache/clear'));
}

function answer(json: unknown): CommandResult {
  return {
    json,
    text: () =>
      flatten(json, '')
        .map(([name, value]) => `${name} ${value}\n`)
        .join(''),
  };
}

/** `tiers.first.entries 12`, one a line. */
function flatten(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`));
}
