export * from './backoff';
export * from './clock';
export * from './deadline';
export * from './fault-points';
export * from './harvest-error';
export * from './offset';
export * from './utf8-order';
