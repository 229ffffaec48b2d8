// Writes src/definitions/fingerprints.generated.ts: a hash of each definition's code, so that changed code under an unchanged
// version is noticed at start. Comments and formatting do not count: tokens are hashed, not text.
const { createHash } = require('node:crypto');
const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const ts = require('typescript');

const DEFINITIONS = join(__dirname, 'src', 'definitions');
const TARGET = join(DEFINITIONS, 'fingerprints.generated.ts');
const CLOSERS = new Set([')', ']', '}']);

/** The tokens of a file, trailing commas and the kind of quotes ignored. */
function tokensOf(file) {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, readFileSync(file, 'utf8'));
  const tokens = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const text = kind === ts.SyntaxKind.StringLiteral ? JSON.stringify(scanner.getTokenValue()) : scanner.getTokenText();
    if (CLOSERS.has(text) && tokens.at(-1) === ',') tokens.pop();
    tokens.push(text);
  }
  return tokens;
}

function relativeImportsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'));
  return importedFiles.filter(({ fileName }) => fileName.startsWith('.')).map(({ fileName }) => `${join(dirname(file), fileName)}.ts`);
}

/** The file and all that it imports by a relative path, sorted by path. */
function closureOf(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const imported of relativeImportsOf(file)) closureOf(imported, found);
  return found;
}

const byCodeUnits = (left, right) => (left < right ? -1 : 1);

function fingerprintOf(file) {
  const hash = createHash('sha256');
  for (const part of [...closureOf(file)].sort(byCodeUnits)) hash.update(`${relative(DEFINITIONS, part)}\n${tokensOf(part).join(' ')}\n`);
  return hash.digest('hex').slice(0, 16);
}

function generate() {
  const files = readdirSync(DEFINITIONS).filter((name) => /\.v\d+\.projection\.ts$/.test(name));
  const lines = files.sort().map((name) => {
    const [, subject, version] = /^(.+)\.v(\d+)\.projection\.ts$/.exec(name);
    return `  '${subject}@${version}': '${fingerprintOf(join(DEFINITIONS, name))}',`;
  });
  return [
    '// Made by libs/projections/generate-fingerprints.cjs; a test says when it is out of date.',
    '/** Of each definition with its relative imports, by `name@version`. */',
    `export const DEFINITION_FINGERPRINTS: Readonly<Record<string, string>> = {\n${lines.join('\n')}\n};\n`,
  ].join('\n');
}

module.exports = { generate, TARGET };
if (require.main === module) writeFileSync(TARGET, generate());
