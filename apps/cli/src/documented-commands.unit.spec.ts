import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './program';

const REPOSITORY = join(__dirname, '../../..');
const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: REPOSITORY })];

interface Documented {
  readonly page: string;
  readonly line: string;
}

/** `harvest …` in backticks, and `bin/harvest …` in blocks of commands; of a line of several, each. */
function documentedCommands(page: string): readonly Documented[] {
  const text = readFileSync(join(REPOSITORY, page), 'utf8');
  const inline = [...text.matchAll(/`(?:bin\/)?(harvest [a-z][^`\n]*)`/g)];
  const blocks = [...text.matchAll(/^(?:\$ )?bin\/(harvest [^#\n]*)/gm)];
  return [...inline, ...blocks].flatMap(([, line = '']) =>
    line
      .split('&&')
      .map((one) => one.trim().replace(/^(bin\/)?harvest /, ''))
      .map((one) => ({ page, line: one })),
  );
}

/** The command's own words: what comes before a value or an option. */
function pathOf(line: string): string {
  const words = line.split(' ');
  const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
  return words.slice(0, end < 0 ? words.length : end).join(' ');
}

async function helpOf(path: string) {
  let text = '';
  const write = (part: string) => void (text += part);
  const terminal = { isInteractive: false, drawsProgress: false, columns: 80, write, writeError: write };
  const exitCode = await runProgram([...path.split(' '), '--help'], { terminal, environment: {} });
  return { exitCode, text };
}

describe('what the documents tell people to type', () => {
  const documented = PAGES.flatMap(documentedCommands);

  it('is something', () => expect(documented.length).toBeGreaterThan(25));

  it.each(documented)('$page: harvest $line', async ({ line }) => {
    const { exitCode, text } = await helpOf(pathOf(line));
    expect(exitCode).toBe(0);
    expect(text).toContain(`Usage: harvest ${pathOf(line)} `);
    for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(text).toContain(option);
  });
});
