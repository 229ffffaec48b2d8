export * from './services';
export * from './facts';
