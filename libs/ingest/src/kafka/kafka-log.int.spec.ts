import { serviceAddress, uniqueTopicPrefix } from '@harvest/testing';
import { describeEventLogContract } from '../contract/describe-event-log-contract';
import { KafkaBench } from '../contract/kafka-bench';

let bench: KafkaBench;

afterAll(() => bench.close());

describeEventLogContract('Kafka', () => {
  bench = new KafkaBench(serviceAddress('kafka'), uniqueTopicPrefix());
  return Promise.resolve(bench);
});
