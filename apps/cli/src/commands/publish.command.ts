import { systemClock } from '@harvest/kernel';
import type { PublishFileReceipt, WaitReceipt } from '@harvest/operations';
import { PublishFileOperation } from '@harvest/operations';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import { describeReceipt, waitIfAsked } from './ingestion-answer';
import { renderRejects } from './reject-table';

export async function publishFile({ services, progress, arguments: [path = ''], options }: CommandContext): Promise<CommandResult> {
  const history = await services.history();
  const operation = new PublishFileOperation(await services.log(), history, systemClock, progress);
  const receipt = await operation.run({ path, topicPrefix: await services.topicPrefix(), withDemoScores: options['scores'] === 'demo' });
  const waited = await waitIfAsked(receipt, history, options);
  return {
    json: { ...receipt, waited },
    exitCode: failed(receipt, waited, options['allowRejects'] === true) ? EXIT.checkFailed : EXIT.fine,
    text: (terminal) => `${renderRejects(terminal, receipt.rejected)}${describeReceipt(receipt, waited)}`,
  };
}

function failed({ rejected }: PublishFileReceipt, waited: WaitReceipt | null, allowRejects: boolean): boolean {
  return (rejected.total > 0 && !allowRejects) || (waited !== null && waited.outcome !== 'complete');
}
