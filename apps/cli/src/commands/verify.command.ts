import type { GenerationVerification } from '@harvest/operations';
import { VerifyOperation } from '@harvest/operations';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import { coloured } from '../output/colours';
import { count } from '../output/progress-bar';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';
import type { Terminal } from '../output/terminal';

type TableVerdict = GenerationVerification['tables'][number];

const COLUMNS: readonly Column<TableVerdict>[] = [
  { title: 'table', text: ({ table }) => table },
  { title: 'expected', align: 'right', text: ({ expected }) => count(expected) },
  { title: 'compared', align: 'right', text: ({ compared }) => count(compared) },
  { title: 'differing', align: 'right', text: ({ differing }) => count(differing) },
  { title: 'content hash', text: ({ actualHash }) => actualHash },
];

/** Fails on any difference, and when there was nothing to prove. */
export async function verify({ services, progress, options }: CommandContext): Promise<CommandResult> {
  const store = await services.store();
  const { onPoison } = (await services.config()).projector;
  const report = await new VerifyOperation(await services.log(), store.generations, store.verification, progress).run({
    generation: options['generation'] === undefined ? null : Number(options['generation']),
    topicPrefix: await services.topicPrefix(),
    onPoison: (family) => onPoison.byFamily[family] ?? onPoison.default,
  });
  const isProved = report.ok && report.records > 0;
  return {
    json: { ...report, isProved },
    exitCode: isProved ? EXIT.fine : EXIT.checkFailed,
    text: (terminal) => describe(terminal, report),
  };
}

function describe(terminal: Terminal, report: GenerationVerification): string {
  const { generation, records, excludedKeys, ok } = report;
  const lines = [
    ...report.differences.map(describeDifference),
    ...report.findings.map((finding) => `${finding.kind}: ${placeOf(finding)}`),
    ...(excludedKeys > 0 ? [`${count(excludedKeys)} keys seen in two partitions are left out`] : []),
    `generation ${generation} against ${count(records)} records of the log: ${verdictOf(terminal, ok, records)}`,
  ];
  return `${renderTable(terminal, COLUMNS, report.tables)}${lines.join('\n')}\n`;
}

function verdictOf({ isInteractive }: Terminal, ok: boolean, records: number): string {
  if (records === 0) return coloured(isInteractive, 'bad', 'nothing to prove');
  return ok ? coloured(isInteractive, 'good', 'clean') : coloured(isInteractive, 'bad', 'NOT clean');
}

function describeDifference({ table, key, kind, columns, events }: GenerationVerification['differences'][number]): string {
  const what = columns.map(
    ({ column, expected, actual }) => `${column} is ${JSON.stringify(actual)}, should be ${JSON.stringify(expected)}`,
  );
  const made = events.slice(-5).map(({ type, ...position }) => `${type} ${placeOf(position)}`);
  return `${table} ${key}: ${kind}${what.length > 0 ? `: ${what.join('; ')}` : ''}${made.length > 0 ? ` (made by ${made.join(', ')})` : ''}`;
}

function placeOf({ topic, partition, offset }: { readonly topic: string; readonly partition: number; readonly offset: bigint }): string {
  return `${topic}/${partition}@${offset}`;
}
