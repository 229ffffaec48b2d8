import type { ArrayEncoder, ArrayType, ArrayValue } from '../encoding/array-encoder';

/** One column of a row type: how it is declared, written and read. */
export interface Column<Row> {
  readonly name: string;
  readonly type: ArrayType;
  /** Besides the type: collation, NOT NULL, constraints. */
  readonly declaration?: string;
  readonly valueOf: (row: Row) => ArrayValue;
}

/** `name type declaration, …` for CREATE TABLE. */
export function declareColumns<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ name, type, declaration }) => `${name} ${type}${declaration ? ` ${declaration}` : ''}`).join(',\n  ');
}

export function columnList<Row>(columns: readonly Column<Row>[], prefix = ''): string {
  return columns.map((column) => prefix + column.name).join(', ');
}

/** `unnest($1::text[], $2::int8[], …) AS batch (a, b, …)`: rows out of parallel arrays. */
export function unnestColumns<Row>(columns: readonly Column<Row>[]): string {
  const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  return `unnest(${parameters}) AS batch (${columnList(columns)})`;
}

/** `a = batch.a, b = batch.b, …` */
export function assignments<Row>(columns: readonly Column<Row>[], from: 'batch' | 'excluded'): string {
  return columns.map(({ name }) => `${name} = ${from}.${name}`).join(', ');
}

/** The parameters for `unnestColumns`. Valid until the encoder's next `reset()`. */
export function encodeColumns<Row>(encoder: ArrayEncoder, columns: readonly Column<Row>[], rows: readonly Row[]): (Buffer | null)[] {
  encoder.reset();
  return columns.map((column) => encoder.array(column.type, rows, column.valueOf));
}
