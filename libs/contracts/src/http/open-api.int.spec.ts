import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '../../../..');

it('the OpenAPI document passes the linter without a warning', async () => {
  const environment = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const linter = join(root, 'node_modules/.bin/redocly');
  const { stdout, stderr } = await promisify(execFile)(linter, ['lint', 'docs/openapi.json'], { cwd: root, env: environment });
  expect(stdout + stderr).toContain('is valid');
  expect(stdout + stderr).not.toMatch(/warning/i);
});
