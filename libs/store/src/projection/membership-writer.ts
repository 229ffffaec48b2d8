import type { Contribution, Membership, MembershipChanges } from '@harvest/read-models';
import type { Statement, WriteTransaction } from '../connection/write-transaction';
import type { ArrayEncoder } from '../encoding/array-encoder';
import { encodeColumns } from '../tables/columns';
import { memberColumns, memberKey, type MembershipTable } from '../tables/membership-table';
import { sumColumns, Sums } from '../tables/sum-table';

export interface MembershipContext {
  readonly transaction: WriteTransaction;
  readonly encoder: ArrayEncoder;
  readonly statements: Readonly<Record<string, Statement>>;
}

/** What a chunk changes in who belongs to what: memberships with the artifacts' rows, figures right before COMMIT. */
export class MembershipWriter<M extends object> {
  private readonly added: (M & Membership)[] = [];
  private readonly removed: (M & Membership)[] = [];
  private readonly sums: readonly Sums<M & Contribution>[];

  constructor(
    private readonly table: MembershipTable<M>,
    private readonly context: MembershipContext,
  ) {
    this.sums = table.sums.map((sums) => new Sums(sums));
  }

  take({ added, removed, deltas }: MembershipChanges<M>): void {
    this.added.push(...added);
    this.removed.push(...removed);
    for (const delta of deltas) for (const sums of this.sums) sums.add(delta);
  }

  /** A membership that changes is removed and added. */
  sendRows(): void {
    const { transaction, encoder } = this.context;
    if (this.removed.length > 0) transaction.put(this.statement('delete'), encodeColumns(encoder, memberKey(this.table), this.removed));
    if (this.added.length > 0) transaction.put(this.statement('insert'), encodeColumns(encoder, memberColumns(this.table), this.added));
  }

  sendFigures(): void {
    const { transaction, encoder } = this.context;
    this.table.sums.forEach((table, index) => {
      const changed = this.sums[index]!.changed();
      if (changed.length > 0) transaction.put(this.statement(`add_${table.name}`), encodeColumns(encoder, sumColumns(table), changed));
    });
  }

  private statement(name: string): Statement {
    const statement = this.context.statements[name];
    if (statement === undefined) throw new TypeError(`${this.table.name} has no statement ${name}`);
    return statement;
  }
}
