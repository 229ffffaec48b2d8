// The rules of the house that no other tool checks: node test/gates/check-house.mjs [root] [--json]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { checkApps, checkRooms } from './room-rules.mjs';
import { checkSource } from './source-rules.mjs';

const SOURCE_FOLDERS = ['apps', 'libs', 'migrations', 'test'];

function sourceFiles(root) {
  return SOURCE_FOLDERS.filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && /\.(ts|mjs|cjs)$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

export function checkHouse(root) {
  const inSources = sourceFiles(root).flatMap((path) => checkSource(path, readFileSync(join(root, path), 'utf8')));
  return [...inSources, ...checkRooms(root), ...checkApps(root)];
}

const [root = process.cwd()] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const problems = checkHouse(root);
if (process.argv.includes('--json')) console.log(JSON.stringify(problems));
else for (const { path, line, rule, message } of problems) console.error(`${path}:${line}: ${rule}: ${message}`);
process.exitCode = problems.length > 0 ? 1 : 0;
