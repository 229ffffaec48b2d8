export { createKafkaLog, type KafkaLogOptions } from './kafka/kafka-log';
export { UNREADABLE_BATCH_HEADER } from './kafka/record-batch';
export { createEmbeddedLog, type EmbeddedLogOptions } from './embedded/embedded-log';
