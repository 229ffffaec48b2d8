export * from './builders/sample-payloads';
export * from './facts';
export * from './services';
export * from './memory-log-store';
export * from './hand-planner';
export * from './test-store';
