export * from './open-api';
export * from './parameters';
export * from './problem';
export * from './route';
export * from './route-table';
export * from './topic-views';
export * from './views';
