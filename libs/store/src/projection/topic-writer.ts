import type { ArtifactTopicRow, TopicChanges } from '@harvest/read-models';
import type { WriteTransaction } from '../connection/write-transaction';
import type { ArrayEncoder } from '../encoding/array-encoder';
import { encodeColumns } from '../tables/columns';
import {
  ARTIFACT_TOPIC_COLUMNS,
  ARTIFACT_TOPIC_KEY_COLUMNS,
  TOPIC_DAY_COLUMNS,
  TOPIC_FIGURES_COLUMNS,
  TopicSums,
} from '../tables/topic.table';
import type { GenerationStatements } from './generation-statements';

/** What a chunk changes in the topics: memberships with the artifacts' rows, figures right before COMMIT. */
export class TopicWriter {
  private readonly added: ArtifactTopicRow[] = [];
  private readonly removed: ArtifactTopicRow[] = [];
  private readonly sums = new TopicSums();

  constructor(
    private readonly transaction: WriteTransaction,
    private readonly statements: GenerationStatements['topic'],
    private readonly encoder: ArrayEncoder,
  ) {}

  take({ added, removed, deltas }: TopicChanges): void {
    this.added.push(...added);
    this.removed.push(...removed);
    for (const delta of deltas) this.sums.add(delta);
  }

  /** A membership that changes is removed and added. */
  sendRows(): void {
    const { transaction, statements, encoder } = this;
    if (this.removed.length > 0)
      transaction.put(statements.deleteMembers, encodeColumns(encoder, ARTIFACT_TOPIC_KEY_COLUMNS, this.removed));
    if (this.added.length > 0) transaction.put(statements.insertMembers, encodeColumns(encoder, ARTIFACT_TOPIC_COLUMNS, this.added));
  }

  sendFigures(): void {
    const { transaction, statements, encoder } = this;
    const figures = this.sums.figures();
    const days = this.sums.days();
    if (figures.length > 0) transaction.put(statements.addFigures, encodeColumns(encoder, TOPIC_FIGURES_COLUMNS, figures));
    if (days.length > 0) transaction.put(statements.addDays, encodeColumns(encoder, TOPIC_DAY_COLUMNS, days));
  }
}
