import type { EventLog } from '@harvest/contracts';
import { silentLogger } from '@harvest/observability';
import { serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { describeEventLogContract } from '../contract/event-log.contract';
import { createKafkaLog } from './kafka-log';

let log: EventLog;

afterAll(async () => log.close());

describeEventLogContract('Kafka', () => {
  log = createKafkaLog({ brokers: serviceAddress('kafka').split(','), clientId: 'contract', logger: silentLogger });
  return Promise.resolve({ log, prefix: uniqueTopicPrefix() });
});
