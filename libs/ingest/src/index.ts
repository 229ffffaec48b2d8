export { createKafkaLog, type KafkaLogOptions } from './kafka/kafka-log';
export { createEmbeddedLog, type EmbeddedLogOptions } from './embedded/embedded-log';
