import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@harvest/config';
import { runProgram } from '../../apps/cli/src/program';
import { imageEnvironment, instructions, isSecret, isVariable, lockedNode, packageFile, readText, ROOT } from './deployment-files';

const textsOf = (keyword: string) => instructions.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);
const ignoreFile = readText('.dockerignore').split('\n');
const ENTRYPOINT = 'bin/container-entrypoint';

/** Stages in order, each with its instructions. */
const stages = instructions.reduce<{ from: string; name: string | undefined; lines: string[] }[]>((before, { keyword, text }) => {
  const [from = '', , name] = text.split(' ');
  if (keyword === 'FROM') return [...before, { from, name, lines: [] }];
  before.at(-1)?.lines.push(`${keyword} ${text}`);
  return before;
}, []);
const last = stages.at(-1);

/** What is copied out of the repository: the sources of each COPY without --from. */
const copied = textsOf('COPY')
  .filter((text) => !text.startsWith('--from='))
  .flatMap((text) => text.split(' ').slice(0, -1));

describe('Dockerfile', () => {
  it('has no instruction that this test cannot read', () => {
    const lines = readText('Dockerfile')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toHaveLength(instructions.length);
  });

  it('stands on the Node that the lock file brings, and every stage on that', () => {
    expect(stages[0]).toMatchObject({ from: `node:${lockedNode}-bookworm-slim`, name: 'base' });
    expect(lockedNode.split('.', 1)).toEqual(/\d+/.exec(packageFile.dependencies['node'] ?? '')?.slice());
    for (const { from } of stages.slice(1)) expect(from).toBe('base');
  });

  it('copies what there is, and what .dockerignore lets through', () => {
    expect(copied).toEqual(expect.arrayContaining(['package-lock.json', 'apps', 'libs', 'migrations', 'bin']));
    for (const path of copied) {
      expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
      expect(ignoreFile).toContain(`!${path}`);
    }
  });

  it('is given nothing else: no history, no .env, no tests', () => {
    expect(ignoreFile.find((line) => !line.startsWith('#'))).toBe('*');
    const letThrough = ignoreFile.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(letThrough.sort()).toEqual([...new Set(copied)].sort());
    expect(ignoreFile).toEqual(expect.arrayContaining(['**/*.spec.ts', '**/.env*', '**/node_modules']));
  });

  it('takes from stages that there are', () => {
    const named = textsOf('COPY').flatMap((text) => /^--from=(\S+)/.exec(text)?.[1] ?? []);
    expect(named.sort()).toEqual(['build', 'dependencies']);
    for (const name of named) expect(stages.map((stage) => stage.name)).toContain(name);
  });

  it('has in its last stage only what runs, for a user who is not root', () => {
    const dependencies = stages.find(({ name }) => name === 'dependencies')?.lines.join('\n');
    expect(dependencies).toMatch(/npm ci --omit=dev /);
    expect(last?.lines.filter((line) => line.startsWith('RUN'))).toEqual([]);
    expect(textsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
    expect(last?.lines).toContain(`USER ${textsOf('USER')[0]}`);
  });

  it('sets variables that the configuration takes, and no secret', () => {
    expect(loadConfig(imageEnvironment).environment).toBe('production');
    for (const name of Object.keys(imageEnvironment)) expect([name, isVariable(name), isSecret(name)]).toEqual([name, true, false]);
  });

  it('exposes the ports that the configuration has by default', () => {
    const { http, operator } = loadConfig(imageEnvironment);
    expect(textsOf('EXPOSE')).toEqual([`${http.port} ${operator.port}`]);
  });
});

describe('bin/container-entrypoint', () => {
  it('is what the image starts, and may be started', () => {
    expect(textsOf('ENTRYPOINT')).toEqual([`["/app/${ENTRYPOINT}"]`]);
    expect(statSync(join(ROOT, ENTRYPOINT)).mode & 0o111).toBe(0o111);
  });

  it.each(['api', 'projector'])('%s: the npm script is words only, of a node and a file of this app', (app) => {
    const words = (packageFile.scripts[`start:${app}`] ?? '').split(' ');
    expect(words.at(-1)).toBe(`dist/apps/${app}/src/main.js`);
    expect(words).toContain('node');
    for (const word of words) expect(word).toMatch(/^[\w=./-]+$/);
  });

  it('does not hide a command of the command line', async () => {
    let help = '';
    const write = (text: string) => void (help += text);
    await runProgram(['--help'], { terminal: { isInteractive: false, drawsProgress: false, columns: 140, write, writeError: write } });
    expect(help).toMatch(/^ {2}topics/m);
    expect(help).not.toMatch(/^ {2}(api|projector)\b/m);
  });
});
