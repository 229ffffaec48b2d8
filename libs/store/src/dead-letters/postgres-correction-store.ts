import { toOffset } from '@harvest/kernel';
import type { Correction, CorrectionStore } from '@harvest/read-models';
import { askRead, type TransactionOptions } from '../connection/transact';
import { DEAD_LETTER_STATEMENTS } from './dead-letter-statements';

export class PostgresCorrectionStore implements CorrectionStore {
  constructor(private readonly options: TransactionOptions) {}

  async list(): Promise<readonly Correction[]> {
    return (await askRead(this.options, DEAD_LETTER_STATEMENTS.corrections)).rows.map(decodeCorrection);
  }
}

export function decodeCorrection(row: readonly unknown[]): Correction {
  const [topic, partition, offset, value] = row as [string, number, string, Buffer | null];
  return { topic, partition, offset: toOffset(offset), value };
}
