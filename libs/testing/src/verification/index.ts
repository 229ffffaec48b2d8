export * from './memory-rows';
export * from './project-log';
export * from './random-log';
