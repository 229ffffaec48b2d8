import { toOffset } from '@harvest/kernel';
import type { DeadLetter } from '@harvest/read-models';
import { decodeHeaders } from '../encoding/headers';

/** A row with the columns of a dead letter in the order of the statements. */
export function decodeDeadLetter(row: readonly unknown[]): DeadLetter {
  const [id, generation, topic, partition, offset, kind, key, value, headers, timestampMs, ...rest] = row;
  const [code, path, reason, projection, storedMs] = rest as [string, string, string, string, string];
  return {
    id: BigInt(id as string),
    generation: generation as number,
    topic: topic as string,
    partition: partition as number,
    offset: toOffset(offset as string),
    kind: kind as DeadLetter['kind'],
    key: key as Buffer | null,
    value: value as Buffer | null,
    headers: decodeHeaders(headers as Buffer),
    timestampMs: Number(timestampMs),
    code,
    path,
    reason,
    projection,
    storedMs: Number(storedMs),
  };
}
