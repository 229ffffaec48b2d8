import { writeFileSync } from 'node:fs';
import { loadAverage, processorsOf } from './process-costs';
import { spreadOf, type Spread } from './statistics';

export interface Metric {
  readonly name: string;
  /** In words, with its unit. */
  readonly figure: string;
  readonly spread: string;
  /** Against which calibrator, and how much; empty when there is none. */
  readonly ratio: string;
  readonly must: string;
  readonly met: boolean;
  readonly numbers: Readonly<Record<string, number>>;
}

export interface ContentHash {
  readonly of: string;
  readonly table: string;
  readonly rows: number;
  readonly hash: string;
}

export const fixed = (value: number, digits = 1): string => value.toFixed(digits);
export const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en-US')}/s`;

/** `least … most` of the rounds. */
export function spreadText(values: readonly number[], show: (value: number) => string): string {
  const { least, most }: Spread = spreadOf(values);
  return `${show(least)} … ${show(most)}`;
}

const HEADINGS = ['metric', 'figure', 'spread', 'ratio', 'must', 'verdict'] as const;

export class Report {
  private readonly metrics: Metric[] = [];
  private readonly hashes: ContentHash[] = [];
  private readonly beganMs = Date.now();
  private hashesEqual: boolean | null = null;

  progress(text: string): void {
    const seconds = ((Date.now() - this.beganMs) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  load ${loadAverage().toFixed(1)}  ${text}\n`);
  }

  add(...metrics: readonly Metric[]): void {
    for (const metric of metrics) {
      this.metrics.push(metric);
      this.progress(`${metric.name}: ${metric.figure} ${metric.ratio} (must ${metric.must}) ${metric.met ? 'met' : 'MISSED'}`);
    }
  }

  numberOf(metric: string, number: string): number | null {
    return this.metrics.find(({ name }) => name === metric)?.numbers[number] ?? null;
  }

  /** Of the same facts, arrived at in different ways: must be the same in every table. */
  compareHashes(hashes: readonly ContentHash[]): void {
    this.hashes.push(...hashes);
    const byTable = new Map<string, Set<string>>();
    for (const { table, rows, hash } of hashes) byTable.set(table, (byTable.get(table) ?? new Set()).add(`${rows} ${hash}`));
    this.hashesEqual = [...byTable.values()].every((variants) => variants.size === 1);
  }

  /** Prints everything; returns whether every must was met. */
  finish(jsonFile: string | null): boolean {
    const missed = this.metrics.filter(({ met }) => !met).map(({ name }) => name);
    if (this.hashesEqual === false) missed.push('content hashes');
    const met = missed.length === 0 && this.metrics.length > 0;
    const seconds = Math.round((Date.now() - this.beganMs) / 1000);
    const verdict = met
      ? `PASS: ${this.metrics.length} of ${this.metrics.length} musts met`
      : `FAIL: missed ${missed.join(', ') || 'everything'}`;
    const { model, count } = processorsOf();
    const lines = [...tableOf(this.metrics), '', ...this.hashLines(), `${count} × ${model}; ${seconds} s; load ${loadAverage()}`, verdict];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (jsonFile !== null) {
      const document = {
        verdict: met ? 'pass' : 'fail',
        missed,
        seconds,
        machine: { model, count },
        metrics: this.metrics,
        hashes: this.hashes,
      };
      writeFileSync(jsonFile, `${JSON.stringify(document, null, 2)}\n`);
    }
    return met;
  }

  private hashLines(): readonly string[] {
    if (this.hashes.length === 0) return [];
    const lines = this.hashes.map(
      ({ of, table, rows, hash }) => `${of.padEnd(28)} ${table.padEnd(14)} ${String(rows).padStart(8)}  ${hash}`,
    );
    return ['content hashes', ...lines, this.hashesEqual ? 'equal in every table' : 'DIFFERENT', ''];
  }
}

function tableOf(metrics: readonly Metric[]): readonly string[] {
  const rows = metrics.map(({ name, figure, spread, ratio, must, met }) => [name, figure, spread, ratio, must, met ? 'met' : 'MISSED']);
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => (row[column] as string).length)));
  return [[...HEADINGS], ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}
