import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HarvestError } from '@harvest/kernel';
import { hintFor } from './error-hints';
import { exitCodeOf } from './exit-codes';
import { toJson } from './output/json';
import { renderTable } from './output/table';
import { runProgram } from './program';

function capture(isInteractive = false) {
  const written = { out: '', err: '' };
  const terminal = {
    isInteractive,
    drawsProgress: false,
    columns: 80,
    write: (text: string) => void (written.out += text),
    writeError: (text: string) => void (written.err += text),
  };
  return { written, terminal };
}

describe('the command line', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'harvest-cli-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(line: string, environment: Record<string, string> = {}) {
    const { written, terminal } = capture();
    const exitCode = await runProgram(line.split(' '), { terminal, environment: { HARVEST_DATA_DIR: folder, ...environment } });
    return { exitCode, ...written };
  }

  it.each(['--help', 'lag --help', 'topics create --help', 'dead-letters discard --help'])('%s is fine', async (line) => {
    await expect(run(line)).resolves.toMatchObject({ exitCode: 0, out: expect.stringContaining('Usage: harvest') as string, err: '' });
  });

  it.each<[string, string, Record<string, string>]>([
    ['an unknown command', 'harvest-it', {}],
    ['an unknown subcommand', 'topics shrink', {}],
    ['no subcommand', 'topics', {}],
    ['an unknown option', 'lag --fast', {}],
    ['a number that is none', 'lag --generation one', {}],
    ['a number out of range', 'simulate --artifacts 0', {}],
    ['a missing argument', 'publish', {}],
    ['an argument too many', 'lag everything', {}],
    ['a choice that is none', 'publish x --scores real', {}],
    ['a duration that is none', 'publish x --wait-timeout soon', {}],
    ['a required option left out', 'dead-letters discard 7', {}],
    ['a file that is not there', 'events validate /nowhere/at-all', {}],
    ['a configuration that is wrong', 'lag', { HARVEST_HTTP_PORT: 'many' }],
    ['an id that is no number', 'dead-letters show seven', { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x' }],
  ])('%s is a usage error: exit 2', async (_name, line, environment) => {
    const { exitCode, err } = await run(line, environment);
    expect([exitCode, err === '']).toEqual([2, false]);
  });

  it.each([
    ['nothing is named and nothing runs', 'lag', {}, 'no-services'],
    ['the database is missing', 'checkpoints', { KAFKA_BROKERS: '127.0.0.1:1' }, 'database-missing'],
    ['the log is missing', 'topics list', { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x' }, 'log-missing'],
    ['Postgres does not answer', 'checkpoints', { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x' }, 'store-unreachable'],
    [
      'the operators’ listener does not answer',
      'cache stats',
      { DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/x', HARVEST_OPERATOR_PORT: '1' },
      'operators-unreachable',
    ],
  ])('when %s: exit 3, and what to do', async (_name, line, environment, code) => {
    const { exitCode, err, out } = await run(line, environment);
    expect([exitCode, out]).toEqual([3, '']);
    expect(err).toMatch(new RegExp(`^error ${code}: .+\\n  → .+`, 's'));
  });

  it('tells errors as JSON too', async () => {
    const { err } = await run('lag --json');
    expect(JSON.parse(err)).toEqual({
      error: { code: 'no-services', message: expect.any(String) as string, hint: expect.any(String) as string },
    });
  });

  it('fails a check with exit 1 and lists why', async () => {
    const file = join(folder, 'events.ndjson');
    writeFileSync(file, '{"id":"a","source":"s","type":"post","title":"t"}\n{"id":"a"}\n');
    const { exitCode, out, err } = await run(`events validate ${file}`);
    expect(err).toBe('');
    expect(exitCode).toBe(1);
    expect(out).toContain('line\tcode\tpath\treason\n2\tpayload-invalid\t');
    const asJson = await run(`events validate ${file} --json`);
    expect(JSON.parse(asJson.out)).toMatchObject({ lines: 2, valid: 1, rejected: 1, types: { 'artifact.observed': 1 } });
  });
});

describe('the exit code of an error', () => {
  it.each([
    ['store-unreachable', 3],
    ['log-unreachable', 3],
    ['pool-exhausted', 3],
    ['config-invalid', 2],
    ['generation-behind', 1],
    ['topic-missing', 1],
  ])('%s is %i and has a hint', (code, exitCode) => {
    expect(exitCodeOf(new HarvestError({ code, message: 'm' }))).toBe(exitCode);
    expect(hintFor(code)).not.toBeNull();
  });
  it('is 1 for what nobody foresaw', () => expect(exitCodeOf(new TypeError('x'))).toBe(1));
});

describe('an answer', () => {
  const columns = [{ title: 'the name', text: (row: string) => row }];
  it('is plain lines in a pipe, one a row whatever is in it', () => {
    expect(renderTable(capture().terminal, columns, ['a\tb\nc', 'd'])).toBe('the_name\na b c\nd\n');
  });
  it('is a table for people', () => {
    expect(renderTable(capture(true).terminal, columns, ['a'])).toContain('┌');
  });
  it('is one JSON document with 64-bit numbers and bytes in it', () => {
    expect(toJson({ end: 2n ** 63n, key: Buffer.from('k') }, false)).toBe('{"end":"9223372036854775808","key":"aw=="}\n');
  });
});
