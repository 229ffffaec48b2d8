import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderConfigurationDocument, renderEnvExample } from './configuration-documents';
import { loadConfig } from './load-config';

const root = join(__dirname, '../../..');

describe.each([
  ['.env.example', renderEnvExample],
  ['docs/configuration.md', renderConfigurationDocument],
])('%s', (path, render) => {
  it('is what the schema says (UPDATE_DOCUMENTS=1 writes it)', () => {
    if (process.env['UPDATE_DOCUMENTS'] === '1') writeFileSync(join(root, path), render());
    expect(readFileSync(join(root, path), 'utf8')).toBe(render());
  });
});

it('.env.example, as it is, configures nothing but the defaults', () => {
  const assignments = renderEnvExample()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const environment = Object.fromEntries(assignments.map((line) => line.split(/=(.*)/s, 2)));
  expect(loadConfig(environment)).toEqual(loadConfig({}));
});
