import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Instance } from './instance-file';
import { findInstance, instancePath, removeInstance, writeInstance } from './instance-file';
import type { ProcessIdentity } from './process-identity';
import { identifyProcess, isRunning } from './process-identity';

describe('the file by which a running process is found', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'harvest-instance-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function instanceOf(identity: ProcessIdentity): Instance {
    return { ...identity, databaseUrl: 'postgresql://u:p@127.0.0.1:1/x', topicPrefix: 'signals.', apiUrl: null, operatorUrl: null };
  }
  const self = () => identifyProcess(process.pid) as ProcessIdentity;

  it('is found while its process runs, and only its owner can read the password in it', () => {
    writeInstance(folder, instanceOf(self()));
    expect(findInstance(folder)).toEqual(instanceOf(self()));
    expect(statSync(instancePath(folder)).mode & 0o777).toBe(0o600);
    removeInstance(folder);
    removeInstance(folder);
    expect(findInstance(folder)).toBeNull();
  });

  it('is not believed when the pid belongs to another process by now', () => {
    writeInstance(folder, instanceOf({ pid: process.pid, startedAt: 'earlier' }));
    expect(findInstance(folder)).toBeNull();
  });

  it('is not believed once the process has been killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    const identity = identifyProcess(child.pid ?? 0) as ProcessIdentity;
    writeInstance(folder, instanceOf(identity));
    expect(findInstance(folder)).not.toBeNull();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(isRunning(identity)).toBe(false);
    expect(findInstance(folder)).toBeNull();
  });

  it.each(['', '{', '{"pid":"x"}', '[]'])('is passed over when it holds %p', (contents) => {
    writeFileSync(instancePath(folder), contents);
    expect(findInstance(folder)).toBeNull();
  });
});
