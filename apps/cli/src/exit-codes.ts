import { isHarvestError } from '@harvest/kernel';

/** What the shell learns. */
export const EXIT = { fine: 0, checkFailed: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const USAGE_CODES = new Set(['config-invalid', 'usage', 'file-missing', 'topic-unknown', 'scores-need-plain-artifacts']);
const UNREACHABLE_CODES = new Set([
  'no-services',
  'database-missing',
  'log-missing',
  'pool-exhausted',
  'store-timeout',
  'deadline-exceeded',
]);

/** Every failure has one of four codes: 2 when the command must be typed differently, 3 when a service must be there first, else 1. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isHarvestError(error)) return EXIT.checkFailed;
  if (USAGE_CODES.has(error.code)) return EXIT.usage;
  return UNREACHABLE_CODES.has(error.code) || error.code.endsWith('-unreachable') ? EXIT.unreachable : EXIT.checkFailed;
}
