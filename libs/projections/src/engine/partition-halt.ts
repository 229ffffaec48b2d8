/** Why a partition stopped until an operator has acted; each with the way out. */
export const HALT_REASONS = {
  'history-lost': 'the log no longer holds the next offset: restore the topic, or build a new generation (`harvest generations start`)',
  'topic-recreated':
    'the topic is not the one that was read before: restore it, or start a new installation on an empty database (docs/operations, "A re-created topic")',
  'topic-grew':
    'the number of partitions has changed, so keys have moved: build a new generation if all events of the topic carry `sequence`, else publish anew (docs/operations, "A topic that grew")',
  'parked-keys-limit': 'too many keys wait behind dead letters: see `harvest dead-letters list`, repair the cause, then redrive or discard',
  'store-corrupt': 'the database refused what should be possible: see the log of this process and `harvest db status`',
  'internal-error': 'an error that nobody has foreseen: see the log of this process, then restart it',
} as const;
export type HaltReason = keyof typeof HALT_REASONS;
