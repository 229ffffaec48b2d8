import type { Evolved, IngestionBatch, IngestionRow } from '@harvest/read-models';
import type { WriteTransaction } from '../connection/write-transaction';
import type { ArrayEncoder } from '../encoding/array-encoder';
import { NOTIFY_STATEMENT, ingestionPayload } from '../freshness/notices';
import { encodeColumns } from '../tables/columns';
import { INGESTION_COLUMNS, decodeIngestion } from '../tables/ingestion.table';
import type { GenerationStatements } from './generation-statements';
import type { OutcomeTally } from './outcomes';

/** One chunk's ingestions in one transaction: `lockSubjects`, `evolve`, `sendRows`. */
export class IngestionWriter {
  private readonly updates: IngestionRow[] = [];
  private fresh: readonly Evolved<IngestionRow>[] = [];
  private known: readonly { index: number; row: IngestionRow }[] = [];
  private readonly changedIds: string[] = [];
  readonly conflicts: string[] = [];

  constructor(
    private readonly transaction: WriteTransaction,
    private readonly statements: GenerationStatements,
    private readonly batch: IngestionBatch,
    private readonly encoder: ArrayEncoder,
  ) {}

  async lockSubjects(): Promise<void> {
    const { insertFresh, lockKnown } = this.statements.ingestion;
    const all = this.batch.ids.map((_id, index) => this.batch.fresh(index));
    const rows = all.map((evolved) => evolved.rows);
    const insert = this.transaction.send(insertFresh, encodeColumns(this.encoder, INGESTION_COLUMNS, rows));
    this.encoder.reset();
    const lock = this.transaction.send(lockKnown, [this.encoder.array('text', this.batch.ids, (id) => id)]);
    await this.transaction.land('inserting and locking ingestions');
    const inserted = new Set((await insert).rows.map((row) => row[0] as string));
    this.fresh = all.filter((_evolved, index) => inserted.has(this.batch.ids[index]!));
    this.known = (await lock).rows.map((row) => ({ index: Number(row[0]), row: decodeIngestion(row, 1) }));
  }

  evolve(tally: OutcomeTally): void {
    for (const evolved of this.fresh) this.note(evolved, tally);
    for (const { index, row } of this.known) {
      const evolved = this.batch.evolve(index, row);
      if (evolved.rows !== row) this.updates.push(evolved.rows);
      this.note(evolved, tally);
    }
  }

  sendRows(): void {
    const { update } = this.statements.ingestion;
    if (this.updates.length > 0) this.transaction.put(update, encodeColumns(this.encoder, INGESTION_COLUMNS, this.updates));
    for (const id of this.changedIds) this.transaction.put(NOTIFY_STATEMENT, [ingestionPayload(id)]);
  }

  private note(evolved: Evolved<IngestionRow>, tally: OutcomeTally): void {
    tally.addEvolved(evolved);
    const id = evolved.rows.ingestionId;
    if (evolved.projected > 0) this.changedIds.push(id);
    if (evolved.keyInTwoPartitions) this.conflicts.push(id);
  }
}
