import { parseArgs } from 'node:util';
import { HarvestError } from '@harvest/kernel';
import { DEFAULT_SIMULATION } from '@harvest/operations';

export interface StandaloneOptions {
  readonly help: boolean;
  /** Not to fill itself on its very first start. */
  readonly empty: boolean;
  readonly seed: number;
  readonly artifacts: number;
}

export const USAGE = `Usage: npm start -- [--empty] [--seed <number>] [--artifacts <number>]

Everything in one process on embedded services, with its data in HARVEST_DATA_DIR (.harvest).
  --empty               do not fill itself on its very first start
  --seed <number>       seed of the stream it fills itself with (${DEFAULT_SIMULATION.seed})
  --artifacts <number>  artifacts in that stream (${DEFAULT_SIMULATION.artifacts})
`;

/** @throws `usage`. */
export function parseStandaloneOptions(argumentList: readonly string[]): StandaloneOptions {
  const { values } = parse(argumentList);
  return {
    help: values.help ?? false,
    empty: values.empty ?? false,
    seed: toInteger('seed', values.seed, { fallback: DEFAULT_SIMULATION.seed, min: 0, max: 2 ** 31 - 1 }),
    artifacts: toInteger('artifacts', values.artifacts, { fallback: DEFAULT_SIMULATION.artifacts, min: 1, max: 1_000_000 }),
  };
}

function parse(argumentList: readonly string[]) {
  try {
    return parseArgs({
      args: [...argumentList],
      options: {
        help: { type: 'boolean', short: 'h' },
        empty: { type: 'boolean' },
        seed: { type: 'string' },
        artifacts: { type: 'string' },
      },
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

function toInteger(name: string, text: string | undefined, rule: { fallback: number; min: number; max: number }): number {
  if (text === undefined) return rule.fallback;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= rule.min && value <= rule.max) return value;
  throw usage(`--${name} must be an integer between ${rule.min} and ${rule.max}`);
}

function usage(message: string): HarvestError {
  return new HarvestError({ code: 'usage', message: `${message}\n\n${USAGE}` });
}
