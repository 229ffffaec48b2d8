import Table from 'cli-table3';
import type { Terminal } from './terminal';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'right';
  text(row: Row): string;
}

/** A table for people; in a pipe one row a line, tab-separated, with a first line of titles. */
export function renderTable<Row>(terminal: Terminal, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  if (!terminal.isInteractive) return renderLines(columns, rows);
  if (rows.length === 0) return 'none\n';
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: ['bold'], border: ['dim'], compact: true },
  });
  for (const row of rows) table.push(columns.map((column) => column.text(row)));
  return `${table.toString()}\n`;
}

function renderLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const titles = columns.map(({ title }) => title.replaceAll(' ', '_'));
  const lines = rows.map((row) => columns.map((column) => oneLine(column.text(row))));
  return [titles, ...lines].map((cells) => `${cells.join('\t')}\n`).join('');
}

function oneLine(text: string): string {
  return text.replace(/[\t\r\n]+/g, ' ');
}
