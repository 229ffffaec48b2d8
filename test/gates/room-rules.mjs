// Every room has a front door and says in at most fifteen lines what it is, what not, and where to start.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const README_LINES = 15;

function folders(path) {
  return existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
    : [];
}

function checkRoom(root, room) {
  const problems = [];
  const report = (path, rule, message) => problems.push({ path, line: 1, rule, message });
  const readme = join('libs', room, 'README.md');
  if (!existsSync(join(root, 'libs', room, 'src', 'index.ts')))
    report(`libs/${room}/src/index.ts`, 'front-door', 'a room has a front door');
  if (!existsSync(join(root, readme))) report(readme, 'room-readme', 'a room says what it is');
  else {
    const lines = readFileSync(join(root, readme), 'utf8').trimEnd().split('\n').length;
    if (lines > README_LINES) report(readme, 'room-readme', `${lines} lines, at most ${README_LINES}`);
  }
  return problems;
}

export function checkRooms(root) {
  return folders(join(root, 'libs')).flatMap((room) => checkRoom(root, room));
}

/** An app that has anything has an entry. */
export function checkApps(root) {
  return folders(join(root, 'apps'))
    .filter((app) => !existsSync(join(root, 'apps', app, 'src', 'main.ts')))
    .map((app) => ({ path: `apps/${app}/src/main.ts`, line: 1, rule: 'app-entry', message: 'an app starts at src/main.ts' }));
}
