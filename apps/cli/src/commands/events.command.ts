import { ValidateEventsOperation } from '@harvest/operations';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import { count } from '../output/progress-bar';
import { renderRejects } from './reject-table';

export async function validateEvents({ arguments: [path = ''], options }: CommandContext): Promise<CommandResult> {
  const report = await new ValidateEventsOperation().run(path, Number(options['limit']));
  const types = Object.entries(report.types).map(([type, events]) => `${type} ${count(events)}`);
  return {
    json: report,
    exitCode: report.rejected > 0 ? EXIT.checkFailed : EXIT.fine,
    text: (terminal) =>
      `${renderRejects(terminal, { total: report.rejected, first: report.first })}${report.format}: ${count(report.valid)} of ` +
      `${count(report.lines)} lines are valid${types.length > 0 ? ` (${types.join(', ')})` : ''}\n`,
  };
}
