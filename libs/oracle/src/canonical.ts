import { hash } from 'node:crypto';
import { compareUtf8 } from '@harvest/kernel';

/** Columns by name; whole numbers of any width may come as number or as decimal text. */
export type CanonicalRow = Readonly<Record<string, string | number | boolean | null>>;

/** The columns that hold JSON; cards without the braces around their members. */
const JSON_COLUMNS: ReadonlySet<string> = new Set(['card', 'detail', 'counts', 'manifest']);

/** JSON text with the members of every object sorted: equal facts have equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([left], [right]) => compareUtf8(left, right));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** A value as text, so that a number and its decimal text are the same. JSON that cannot be parsed stays as it is, and so differs. */
export function canonicalValue(column: string, value: CanonicalRow[string]): string | boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  const text = String(value);
  if (!JSON_COLUMNS.has(column)) return text;
  try {
    return canonicalJson(JSON.parse(text.startsWith('{') ? text : `{${text}}`));
  } catch {
    return text;
  }
}

/** Of one row, numbers as decimal text. JSON columns count as they are written: whoever agrees takes the canonical row's digest. */
export function rowDigest(row: CanonicalRow): bigint {
  const columns = Object.keys(row).sort(compareUtf8);
  const text = JSON.stringify(columns.map((column) => [column, typeof row[column] === 'number' ? String(row[column]) : row[column]]));
  return BigInt(`0x${hash('sha256', text)}`);
}

/** The sum of the rows' SHA-256: the same for the same set of rows, in whatever order they come. */
export class RowHash {
  private sum = 0n;

  add(digest: bigint): void {
    this.sum = BigInt.asUintN(256, this.sum + digest);
  }

  digest(): string {
    return this.sum.toString(16).padStart(64, '0');
  }
}
