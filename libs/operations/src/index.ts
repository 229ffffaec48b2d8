export * from './instance/instance-file';
export * from './instance/process-identity';
export * from './ports/ingestion-history.port';
export * from './ports/progress-sink.port';
export * from './publish/publish-ingestion';
export * from './simulate/simulate.operation';
export * from './simulate/simulated-stream';
