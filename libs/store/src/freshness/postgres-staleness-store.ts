import type { EndSample, StalenessStore } from '@harvest/read-models';
import { askRead, transact, type TransactionOptions } from '../connection/transact';
import { ArrayEncoder } from '../encoding/array-encoder';
import { SAMPLE_STATEMENTS } from './samples';

export class PostgresStalenessStore implements StalenessStore {
  constructor(private readonly options: TransactionOptions) {}

  async nowMs(): Promise<number> {
    return Number((await askRead(this.options, SAMPLE_STATEMENTS.now)).rows[0]![0]);
  }

  async recordEnds(generation: number, askedMs: number, samples: readonly EndSample[]): Promise<void> {
    if (samples.length === 0) return;
    const encoder = new ArrayEncoder();
    const values = [
      generation,
      askedMs,
      encoder.array('text', samples, (sample) => sample.topic),
      encoder.array('int4', samples, (sample) => sample.partition),
      encoder.array('int8', samples, (sample) => sample.endOffset),
    ];
    await transact(this.options, 'recording the ends of the log', async (transaction) => {
      transaction.put(SAMPLE_STATEMENTS.insert, values);
      transaction.put(SAMPLE_STATEMENTS.update, values);
    });
  }
}
