export * from './decode/decoded';
export * from './events/event-types';
export * from './events/payloads';
export * from './log/embedded-log-store.port';
export * from './log/event-log.port';
export * from './log/record';
export * from './log/topics';
