import { systemClock } from '@harvest/kernel';
import { SimulateOperation } from '@harvest/operations';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import { describeReceipt, waitIfAsked } from './ingestion-answer';

export async function simulate({ services, progress, options }: CommandContext): Promise<CommandResult> {
  const history = await services.history();
  const operation = new SimulateOperation(await services.log(), history, systemClock, progress);
  const receipt = await operation.run({
    seed: Number(options['seed']),
    artifacts: Number(options['artifacts']),
    topicPrefix: await services.topicPrefix(),
    eventsPerSecond: options['rate'] === undefined ? null : Number(options['rate']),
    run: null,
  });
  const waited = await waitIfAsked(receipt, history, options);
  return {
    json: { ...receipt, waited },
    exitCode: waited !== null && waited.outcome !== 'complete' ? EXIT.checkFailed : EXIT.fine,
    text: () => describeReceipt(receipt, waited),
  };
}
