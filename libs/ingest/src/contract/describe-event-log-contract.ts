import { APPENDING_CASES } from './appending-cases';
import { CONSUMING_CASES } from './consuming-cases';
import type { ContractCases, LogBench } from './log-bench';
import { READING_CASES } from './reading-cases';
import { TOPIC_CASES } from './topic-cases';

const PARTS: Readonly<Record<string, ContractCases>> = {
  topics: TOPIC_CASES,
  appending: APPENDING_CASES,
  'reading a range': READING_CASES,
  consuming: CONSUMING_CASES,
};

/** What every log promises; called by a spec file per log, on its real service. */
export function describeEventLogContract(name: string, open: () => Promise<LogBench>): void {
  describe(`event log contract: ${name}`, () => {
    let bench: LogBench;
    beforeAll(async () => {
      bench = await open();
    });
    afterEach(() => bench.stopConsumers());
    for (const [part, cases] of Object.entries(PARTS)) describe(part, () => declare(cases, () => bench));
  });
}

function declare(cases: ContractCases, bench: () => LogBench): void {
  // oxlint-disable-next-line jest/expect-expect, jest/valid-title -- the cases hold the assertions
  for (const [promise, prove] of Object.entries(cases)) it(promise, () => prove(bench()));
}
