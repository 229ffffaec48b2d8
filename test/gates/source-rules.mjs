// Rules of the house that no linter has: each takes one parsed source file and reports what breaks it.
import ts from 'typescript';

const MAX_PARAMETERS = 3;
const MAX_CONSTRUCTOR_DEPENDENCIES = 5;
const MAX_TYPE_PARAMETERS = 2;

/** Roles a file may play, written as the last part of its name; see docs/architecture.md. */
const ROLES =
  'projection read-model table port ports query operation controller command module health metrics view filter generated fixture d'
    .split(' ')
    .concat('contract unit.spec int.spec e2e.spec contract.spec integrity.spec long.spec'.split(' '));
const SUBJECT = String.raw`[a-z0-9]+(-[a-z0-9]+)*`;
const FILE_NAME = new RegExp(`^${SUBJECT}(\\.v\\d+)?(\\.(${ROLES.map((role) => role.replace('.', String.raw`\.`)).join('|')}))*$`);
const MIGRATION_NAME = new RegExp(`^\\d{12,14}-${SUBJECT}(\\.(unit|int)\\.spec)?$|^index$`);
const VAGUE_FOLDERS = /(^|\/)(common|shared|utils?|helpers?|misc)\//;

const atStart = (file, rule, message) => ({ path: file.path, line: 1, rule, message });
const lineOf = (file, node) => file.source.getLineAndCharacterOfPosition(node.getStart(file.source)).line + 1;

function fileName(file) {
  const name = file.path
    .split('/')
    .at(-1)
    .replace(/\.(ts|mjs|cjs)$/, '');
  const pattern = file.path.startsWith('migrations/') ? MIGRATION_NAME : FILE_NAME;
  return pattern.test(name) ? [] : [atStart(file, 'file-name', `'${name}' is not kebab-case with a known role suffix`)];
}

function vagueFolder(file) {
  return VAGUE_FOLDERS.test(file.path) ? [atStart(file, 'vague-folder', 'name the folder by what is in it')] : [];
}

function parameters(file, node) {
  // A case of a table test takes as many values as the case has.
  if (file.path.endsWith('.spec.ts') || !ts.isFunctionLike(node) || !('body' in node) || !node.body) return [];
  const isConstructor = ts.isConstructorDeclaration(node);
  const limit = isConstructor ? MAX_CONSTRUCTOR_DEPENDENCIES : MAX_PARAMETERS;
  const count = node.parameters.filter((parameter) => parameter.name.getText(file.source) !== 'this').length;
  if (count <= limit) return [];
  const rule = isConstructor ? 'constructor-dependencies' : 'parameters';
  return [
    { path: file.path, line: lineOf(file, node), rule, message: `${count} parameters, at most ${limit}: take an options object, or split` },
  ];
}

function typeParameters(file, node) {
  const count = node.typeParameters?.length ?? 0;
  return count > MAX_TYPE_PARAMETERS
    ? [
        {
          path: file.path,
          line: lineOf(file, node),
          rule: 'type-parameters',
          message: `${count} type parameters, at most ${MAX_TYPE_PARAMETERS}`,
        },
      ]
    : [];
}

const LOWER_CASE_SQL =
  /\b(select\s[\s\S]*\sfrom\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|create\s+(unique\s+)?(table|index)\s)/;

function sqlText(file, node) {
  const isText = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
  if (!isText || file.isTooling) return [];
  const text = node.getText(file.source);
  if (/\bSELECT\s+(DISTINCT\s+)?(\w+\.)?\*/.test(text))
    return [
      { path: file.path, line: lineOf(file, node), rule: 'select-star', message: 'name the columns: a new one must not change an answer' },
    ];
  return LOWER_CASE_SQL.test(text)
    ? [{ path: file.path, line: lineOf(file, node), rule: 'sql-case', message: 'SQL keywords are written in capitals' }]
    : [];
}

const ANONYMOUS = /(?<!\bCONSTRAINT\s+\S+\s+)\b(PRIMARY KEY|FOREIGN KEY|REFERENCES|UNIQUE|CHECK)\b(?!\s+INDEX)/;

/** Constraints are named by hand, so that an error names what was broken. */
function sqlConstraint(file, node) {
  const isText = ts.isNoSubstitutionTemplateLiteral(node) || ts.isTemplateExpression(node);
  if (!isText || file.isTest) return [];
  const text = node.getText(file.source).replaceAll(/--.*$/gm, '');
  const anonymous = /CREATE\s+(UNLOGGED\s+)?TABLE/.test(text) ? ANONYMOUS.exec(text) : null;
  return anonymous
    ? [{ path: file.path, line: lineOf(file, node), rule: 'unnamed-constraint', message: `write CONSTRAINT <name> ${anonymous[0]}` }]
    : [];
}

const EXCUSE = /(oxlint|eslint)-disable(-next-line|-line)?|@ts-(ignore|expect-error|nocheck)/;

function comments(file) {
  if (file.isTooling) return [];
  const found = [];
  const lines = file.source.text.split('\n');
  for (const [index, line] of lines.entries()) {
    const comment = /(\/\/|\/\*|^\s*\*)(.*)$/.exec(line)?.[2];
    if (!comment) continue;
    const at = { path: file.path, line: index + 1 };
    if (/\b(TODO|FIXME|XXX|HACK)\b/.test(comment)) found.push({ ...at, rule: 'unfinished', message: 'finish it, or file an issue' });
    if (EXCUSE.test(comment) && !/ -- \S+/.test(comment))
      found.push({ ...at, rule: 'excuse-without-reason', message: 'say why: … -- <reason>' });
  }
  return found;
}

const FILE_RULES = [fileName, vagueFolder, comments];
const NODE_RULES = [parameters, typeParameters, sqlText, sqlConstraint];

/** `path` is relative to the repository, with `/`. */
export function checkSource(path, text) {
  const isTest = path.endsWith('.spec.ts') || path.startsWith('test/') || path.startsWith('libs/testing/');
  const isTooling = path.startsWith('test/gates/');
  const file = { path, isTest, isTooling, source: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
  const problems = FILE_RULES.flatMap((rule) => rule(file));
  const visit = (node) => {
    for (const rule of NODE_RULES) problems.push(...rule(file, node));
    ts.forEachChild(node, visit);
  };
  visit(file.source);
  return problems;
}
