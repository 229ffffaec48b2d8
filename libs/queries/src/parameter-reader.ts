import { HarvestError } from '@harvest/kernel';

const LONGEST_VALUE = 8192;

/**
 * A request's parameters, each at most once and none unknown: rejects with `unknown-parameter`, `repeated-parameter` or
 * `invalid-parameter`, naming it.
 */
export class ParameterReader {
  private readonly values = new Map<string, string>();

  constructor(search: URLSearchParams, known: readonly string[]) {
    for (const [name, value] of search) {
      if (!known.includes(name)) throw unknownParameter(name, known);
      if (this.values.has(name)) throw parameterError('repeated-parameter', name, 'may be given once');
      if (value.includes('\u0000')) throw invalidParameter(name, 'may not hold a NUL character');
      if (value === '') throw invalidParameter(name, 'is empty: leave it out instead');
      if (value.length > LONGEST_VALUE) throw invalidParameter(name, 'is too long');
      this.values.set(name, value);
    }
  }

  text(name: string): string | null {
    return this.values.get(name) ?? null;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | null {
    const value = this.text(name);
    if (value === null) return null;
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw invalidParameter(name, `must be one of ${allowed.join(', ')}`);
    return found;
  }

  flag(name: string): boolean {
    return this.oneOf(name, ['true', 'false']) === 'true';
  }

  integer(name: string, range: { min: number; max: number }): number | null {
    const value = this.text(name);
    if (value === null) return null;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= range.min && number <= range.max))
      throw invalidParameter(name, `must be a whole number from ${range.min} to ${range.max}`);
    return number;
  }
}

export function invalidParameter(name: string, rule: string): HarvestError {
  return parameterError('invalid-parameter', name, rule);
}

function unknownParameter(name: string, known: readonly string[]): HarvestError {
  return parameterError('unknown-parameter', name, `is not known here; known are ${known.join(', ')}`);
}

function parameterError(code: string, name: string, rule: string): HarvestError {
  const shown = name.slice(0, 60);
  return new HarvestError({ code, message: `the parameter "${shown}" ${rule}`, context: { parameter: shown } });
}
