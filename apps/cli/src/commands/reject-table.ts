import type { RejectedLine } from '@harvest/operations';
import { count } from '../output/progress-bar';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';
import type { Terminal } from '../output/terminal';

const COLUMNS: readonly Column<RejectedLine>[] = [
  { title: 'line', align: 'right', text: ({ line }) => String(line) },
  { title: 'code', text: ({ code }) => code },
  { title: 'path', text: ({ path }) => path },
  { title: 'reason', text: ({ reason }) => reason },
];

/** Lines that were not published; nothing when there are none. */
export function renderRejects(terminal: Terminal, rejects: { readonly total: number; readonly first: readonly RejectedLine[] }): string {
  if (rejects.total === 0) return '';
  const more = rejects.total > rejects.first.length ? `… and ${count(rejects.total - rejects.first.length)} more\n` : '';
  const lines = rejects.total === 1 ? '1 line was' : `${count(rejects.total)} lines were`;
  return `${renderTable(terminal, COLUMNS, rejects.first)}${more}${lines} rejected\n`;
}
