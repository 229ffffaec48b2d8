import { styleText } from 'node:util';

export type Tone = 'good' | 'bad' | 'quiet' | 'strong';
const STYLES = { good: 'green', bad: 'red', quiet: 'dim', strong: 'bold' } as const;

/** Coloured for people, plain in a pipe. */
export function coloured(isInteractive: boolean, tone: Tone, text: string): string {
  return isInteractive ? styleText(STYLES[tone], text, { validateStream: false }) : text;
}
