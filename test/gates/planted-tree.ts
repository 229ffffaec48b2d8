import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const REPOSITORY = join(__dirname, '..', '..');
const BIN = join(REPOSITORY, 'node_modules', '.bin');

/** A small repository of its own, with this one's settings, into which faults are planted. */
export class PlantedTree {
  readonly root = mkdtempSync(join(tmpdir(), 'harvest-gates-'));

  constructor(settings: readonly string[], modules: 'real' | 'none' = 'real') {
    for (const name of settings) cpSync(join(REPOSITORY, name), join(this.root, name));
    if (modules === 'real') symlinkSync(join(REPOSITORY, 'node_modules'), join(this.root, 'node_modules'));
  }

  plant(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
  }

  /** Runs one of the repository's tools here; what it found is expected to fail it. */
  run(tool: string, ...args: readonly string[]): { readonly status: number | null; readonly output: string } {
    const { status, stdout } = spawnSync(join(BIN, tool), args, {
      cwd: this.root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PATH: `${BIN}:${process.env['PATH']}`, FORCE_COLOR: '0' },
    });
    return { status, output: stdout };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** `node script args` in the repository's runtime; its standard output whatever its exit code. */
export function runScript(script: string, ...args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [join(REPOSITORY, script), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    return (error as { readonly stdout?: string }).stdout ?? '';
  }
}
