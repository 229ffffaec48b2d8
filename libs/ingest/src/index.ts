export { createKafkaLog, type KafkaLogOptions } from './kafka/kafka-log';
export { UNREADABLE_BATCH_HEADER } from './kafka/record-batch';
