import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const PARTS = ['ingest', 'cached', 'uncached', 'visible', 'complete'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Compiled product and benchmark. */
  readonly build: string;
  readonly repository: string;
  readonly dataFolder: string;
  readonly artifacts: number;
  readonly jsonFile: string | null;
  /** Whether any of these parts is to be measured. */
  wants(...parts: readonly Part[]): boolean;
}

const OPTIONS = {
  data: { type: 'string', default: '../shared/data' },
  json: { type: 'string' },
  only: { type: 'string', default: PARTS.join(',') },
  artifacts: { type: 'string', default: 'Infinity' },
  build: { type: 'string', default: '' },
  repository: { type: 'string', default: '.' },
} as const;

/** @throws Error that says what is wrong with the arguments. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const parts = values.only.split(',');
  const unknown = parts.find((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: one or more of ${PARTS.join(',')}`);
  const artifacts = Number(values.artifacts);
  if (!(artifacts > 0)) throw new Error('--artifacts is a number above 0');
  const repository = resolve(values.repository);
  return {
    ...{ repository, artifacts, build: values.build, jsonFile: values.json ?? null },
    dataFolder: resolve(repository, values.data),
    wants: (...wanted) => wanted.some((part) => parts.includes(part)),
  };
}
