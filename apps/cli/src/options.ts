import { InvalidArgumentError } from 'commander';

/** Parsers of option values; what they refuse is a usage error that names the option. */
export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give an integer between ${min} and ${max}.`);
  };
}

export function oneOf(...values: readonly string[]): (text: string) => string {
  return (text) => {
    if (values.includes(text)) return text;
    throw new InvalidArgumentError(`Give ${values.join(' or ')}.`);
  };
}

/** `90`, `90s`, `5m` → milliseconds. */
export function durationMs(text: string): number {
  const match = /^(\d{1,6})(s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give seconds, or a number with s, m or h.');
  return Number(match[1]) * ({ s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? 's'] ?? 1000);
}
