export * from './builders/events';
export * from './builders/records';
export * from './builders/sample-payloads';
export * from './facts';
export * from './hand-planner';
export * from './memory-log-store';
export * from './services';
export * from './test-store';
