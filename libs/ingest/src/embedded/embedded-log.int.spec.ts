import { silentLogger } from '@harvest/observability';
import { createTestStore, type TestStore, uniqueTopicPrefix } from '@harvest/testing';
import { describeEventLogContract } from '../contract/describe-event-log-contract';
import { LogBench } from '../contract/log-bench';
import { createEmbeddedLog } from './embedded-log';

let postgres: TestStore;

afterAll(() => postgres.close());

describeEventLogContract('embedded, on Postgres', async () => {
  postgres = await createTestStore();
  const log = createEmbeddedLog({ store: postgres.store.embeddedLog, logger: silentLogger, pollMs: 150 });
  return new LogBench(log, uniqueTopicPrefix());
});
