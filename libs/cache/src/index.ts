export { createAnswerCache } from './create-answer-cache';
export type { AnswerCacheOptions, ManagedAnswerCache } from './create-answer-cache';
export type { CacheFreshness, CacheReport } from './cache-report';
