import type { VariableName } from './environment';
import { aboutVariable, VARIABLE_NAMES } from './environment';

function byGroup(): ReadonlyMap<string, readonly VariableName[]> {
  return Map.groupBy(VARIABLE_NAMES, (name) => aboutVariable(name).group);
}

/** The text of `.env.example`: every variable with its default, those without one commented out. */
export function renderEnvExample(): string {
  const sections = [...byGroup()].map(([group, names]) => `# ── ${group} ──\n${names.map(renderAssignment).join('\n')}`);
  return `# Every variable with its default. Copy to .env and change what you need.\n# Made from the schema in libs/config; docs/configuration.md has the same as a table.\n\n${sections.join('\n\n')}\n`;
}

function renderAssignment(name: VariableName): string {
  const { about, fallback, example } = aboutVariable(name);
  const assignment = fallback === undefined ? `#${name}=${example ?? ''}` : `${name}=${fallback}`;
  return `# ${about}\n${assignment}`;
}

/** The text of docs/configuration.md. */
export function renderConfigurationDocument(): string {
  const sections = [...byGroup()].map(([group, names]) => `## ${group}\n\n${renderTable(names)}`);
  return `${PREAMBLE}\n\n${sections.join('\n\n')}\n`;
}

const PREAMBLE = `# Configuration

Everything is set by environment variables. A process that finds one of them wrong, or a \`HARVEST_…\` variable that it does
not know, says so for all of them at once and does not start. An empty variable counts as not set. Made from the schema in
\`libs/config\`.`;

/** Columns are padded, as the formatter would. */
function renderTable(names: readonly VariableName[]): string {
  const rows = [['variable', 'default', 'meaning'], ...names.map(renderCells)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  return lines.toSpliced(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`).join('\n');
}

function renderCells(name: VariableName): readonly string[] {
  const { about, fallback, example } = aboutVariable(name);
  const exampleText = example === undefined ? '' : ` E.g. \`${example}\`.`;
  return [`\`${name}\``, fallback === undefined ? '–' : `\`${fallback}\``, `${about}${exampleText}`];
}
