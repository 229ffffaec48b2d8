import type { PartitionLag } from '@harvest/operations';
import { findGeneration, LagOperation } from '@harvest/operations';
import type { Checkpoint, Generation } from '@harvest/read-models';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import { count } from '../output/progress-bar';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';

const LAG_COLUMNS: readonly Column<PartitionLag>[] = [
  { title: 'topic', text: ({ topic }) => topic },
  { title: 'partition', align: 'right', text: ({ partition }) => String(partition) },
  { title: 'next offset', align: 'right', text: ({ nextOffset }) => orUnknown(nextOffset) },
  { title: 'end offset', align: 'right', text: ({ endOffset }) => orUnknown(endOffset) },
  { title: 'lag', align: 'right', text: ({ lagRecords }) => orUnknown(lagRecords) },
  { title: 'parked keys', align: 'right', text: ({ parkedKeys }) => String(parkedKeys) },
  { title: 'owner', text: ({ owner }) => owner ?? '–' },
];

export async function listLag(context: CommandContext): Promise<CommandResult> {
  const { services, options } = context;
  const store = await services.store();
  const operation = new LagOperation(await services.log(), store.projections);
  const report = await operation.run(await chosenGeneration(context), await services.topicPrefix());
  const total = report.totalRecords;
  const max = options['max'] === undefined ? null : BigInt(Number(options['max']));
  return {
    json: report,
    exitCode: max !== null && (total === null || total > max) ? EXIT.checkFailed : EXIT.fine,
    text: (terminal) =>
      `${renderTable(terminal, LAG_COLUMNS, report.partitions)}generation ${report.generation}: ` +
      `${total === null ? 'lag unknown' : `${count(Number(total))} records behind`}\n`,
  };
}

const CHECKPOINT_COLUMNS: readonly Column<Checkpoint>[] = [
  { title: 'topic', text: ({ topic }) => topic },
  { title: 'partition', align: 'right', text: ({ partition }) => String(partition) },
  { title: 'first offset', align: 'right', text: ({ firstOffset }) => String(firstOffset) },
  { title: 'next offset', align: 'right', text: ({ nextOffset }) => String(nextOffset) },
  { title: 'epoch', align: 'right', text: ({ epoch }) => String(epoch) },
  { title: 'parked keys', align: 'right', text: ({ parkedKeys }) => String(parkedKeys) },
  { title: 'partitions', align: 'right', text: ({ partitionCount }) => String(partitionCount) },
  { title: 'owner', text: ({ owner }) => owner ?? '–' },
];

export async function listCheckpoints(context: CommandContext): Promise<CommandResult> {
  const generation = await chosenGeneration(context);
  const checkpoints = await (await context.services.store()).projections.loadCheckpoints(generation);
  return {
    json: { generation: generation.generation, checkpoints },
    text: (terminal) => renderTable(terminal, CHECKPOINT_COLUMNS, checkpoints),
  };
}

async function chosenGeneration({ services, options }: CommandContext): Promise<Generation> {
  const number = options['generation'] === undefined ? null : Number(options['generation']);
  return findGeneration((await services.store()).generations, number);
}

function orUnknown(value: bigint | null): string {
  return value === null ? 'unknown' : String(value);
}
