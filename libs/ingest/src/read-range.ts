import type { TopicPartition } from '@harvest/contracts';
import type { Offset } from '@harvest/kernel';

/** Of one partition, `from` inclusive to `to` exclusive. */
export type ReadRange = TopicPartition & { readonly from: Offset; readonly to: Offset };
