import type { SqlValue } from '@harvest/read-models';

/** Parameters in the order in which the text names them. */
export class SqlValues {
  readonly list: SqlValue[] = [];

  /** Returns `$n::type`. */
  add(value: SqlValue, type: string): string {
    this.list.push(value);
    return `$${this.list.length}::${type}`;
  }
}
