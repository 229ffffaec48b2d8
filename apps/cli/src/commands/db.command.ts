import type { MigrationStatus } from '@harvest/store';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';

const COLUMNS: readonly Column<MigrationStatus>[] = [
  { title: 'migration', text: ({ name }) => name },
  { title: 'state', text: ({ applied }) => (applied ? 'applied' : 'pending') },
];

export async function migrate({ services }: CommandContext): Promise<CommandResult> {
  const applied = await (await services.store()).migrator.migrate();
  return {
    json: { applied },
    text: () =>
      applied.length === 0 ? 'nothing to do: the database is up to date\n' : applied.map((name) => `applied ${name}\n`).join(''),
  };
}

export async function showMigrations({ services }: CommandContext): Promise<CommandResult> {
  const migrations = await (await services.store()).migrator.status();
  return {
    json: migrations,
    exitCode: migrations.every(({ applied }) => applied) ? EXIT.fine : EXIT.checkFailed,
    text: (terminal) => renderTable(terminal, COLUMNS, migrations),
  };
}

export async function rollback({ services }: CommandContext): Promise<CommandResult> {
  const undone = await (await services.store()).migrator.rollback();
  return { json: { undone }, text: () => (undone === null ? 'nothing to undo\n' : `undone ${undone}\n`) };
}
