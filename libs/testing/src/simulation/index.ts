export * from './memory-projection-store';
export * from './seeded-random';
export * from './simulated-clock';
export * from './simulated-partition';
