import type { ChunkPlan, GenerationRef } from '@harvest/read-models';
import type { WriteTransaction } from '../connection/write-transaction';
import type { ArrayEncoder } from '../encoding/array-encoder';
import { SET_ASIDE_STATEMENTS } from '../tables/set-aside.table';
import { ArtifactWriter } from './artifact-writer';
import { generationStatements } from './generation-statements';
import { IngestionWriter } from './ingestion-writer';
import type { OutcomeTally } from './outcomes';

export interface WritersContext {
  readonly transaction: WriteTransaction;
  readonly encoder: ArrayEncoder;
  readonly generation: GenerationRef;
  readonly topic: string;
}

/** Whatever subjects a plan has, in one transaction. The calls come in the order in which they stand here. */
export class SubjectWriters {
  private readonly artifacts: ArtifactWriter | undefined;
  private readonly ingestions: IngestionWriter | undefined;

  constructor(
    private readonly context: WritersContext,
    { artifacts, ingestions }: ChunkPlan,
  ) {
    const { transaction, encoder, generation } = context;
    const statements = generationStatements(generation);
    if (artifacts?.ids.length) this.artifacts = new ArtifactWriter(transaction, statements, artifacts, encoder);
    if (ingestions?.ids.length) this.ingestions = new IngestionWriter(transaction, statements, ingestions, encoder);
  }

  sendProbe(): void {
    this.artifacts?.sendProbe();
  }

  async lockSubjects(): Promise<void> {
    await this.artifacts?.lockSubjects();
    await this.ingestions?.lockSubjects();
  }

  async evolve(tally: OutcomeTally): Promise<void> {
    await this.artifacts?.evolve(tally);
    this.ingestions?.evolve(tally);
  }

  sendRows(): void {
    this.artifacts?.sendRows();
    this.ingestions?.sendRows();
    const keys = this.conflicts();
    if (keys.length > 0) this.sendKeyConflicts(keys);
  }

  /** Known once `evolve` has run. */
  conflicts(): readonly string[] {
    return [...(this.artifacts?.conflicts ?? []), ...(this.ingestions?.conflicts ?? [])];
  }

  /** Right before COMMIT. */
  sendCounts(): void {
    this.artifacts?.sendCounts();
  }

  private sendKeyConflicts(keys: readonly string[]): void {
    const { transaction, encoder, generation, topic } = this.context;
    encoder.reset();
    const array = encoder.array('text', keys, (key) => key);
    transaction.put(SET_ASIDE_STATEMENTS.insertKeyConflicts, [generation.generation, topic, array]);
  }
}
