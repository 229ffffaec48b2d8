import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDataDir } from './data-dir-lock';
import { settleFillPlan } from './first-fill';

describe('a data directory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'harvest-data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is locked once, by whatever path it is named', async () => {
    const unlock = await lockDataDir(folder);
    symlinkSync(folder, `${folder}-link`);
    try {
      await expect(lockDataDir(folder)).rejects.toMatchObject({
        code: 'already-running',
        message: expect.stringContaining(`${process.pid}`) as string,
      });
      await expect(lockDataDir(`${folder}-link`)).rejects.toMatchObject({ code: 'already-running' });
    } finally {
      rmSync(`${folder}-link`);
      await unlock();
    }
    await (
      await lockDataDir(folder)
    )();
  });

  it('of two that start at once lets one in', async () => {
    const results = await Promise.allSettled([lockDataDir(folder), lockDataDir(folder), lockDataDir(folder)]);
    const unlocks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(unlocks).toHaveLength(1);
    await unlocks[0]?.();
  });

  it('is free again the moment its process is killed', async () => {
    const unlock = await lockDataDir(folder);
    await unlock();
    const holder = spawn(process.execPath, ['-e', lockScript(folder)], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await expect(lockDataDir(folder)).rejects.toMatchObject({ code: 'already-running' });
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await ended;
    await (
      await lockDataDir(folder)
    )();
  });

  it('keeps to what its very first start decided', () => {
    expect(settleFillPlan(folder, { seed: 1, artifacts: 10 })).toEqual({ seed: 1, artifacts: 10 });
    expect(settleFillPlan(folder, null)).toEqual({ seed: 1, artifacts: 10 });
  });

  it('stays empty when it began empty', () => {
    settleFillPlan(folder, null);
    expect(settleFillPlan(folder, { seed: 1, artifacts: 10 })).toBeNull();
  });

  it('with a damaged plan is refused, with the way out', () => {
    writeFileSync(join(folder, 'first-fill.json'), '{"samp');
    expect(() => settleFillPlan(folder, null)).toThrow(expect.objectContaining({ code: 'data-dir-damaged' }));
  });
});

/** The same address, in a process that can be killed. */
function lockScript(folder: string): string {
  return `
    const { createHash } = require('node:crypto');
    const { realpathSync } = require('node:fs');
    const name = createHash('sha256').update(realpathSync(${JSON.stringify(folder)})).digest('hex').slice(0, 32);
    const path = process.platform === 'linux' ? '\\0signal-harvester-' + name : ${JSON.stringify(join(folder, 'lock.socket'))};
    require('node:net').createServer((socket) => socket.end('1')).listen({ path }, () => console.log('held'));`;
}
