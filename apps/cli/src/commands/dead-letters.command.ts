import { HarvestError } from '@harvest/kernel';
import { RedriveOperation } from '@harvest/operations';
import { createRedrivePlanner } from '@harvest/projections';
import type { DeadLetter, DeadLetterFilter, DeadLetterGroup, DeadLetterStore } from '@harvest/read-models';
import type { CommandContext, CommandResult, OptionValues } from '../command';
import { EXIT } from '../exit-codes';
import { count } from '../output/progress-bar';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';

const GROUP_COLUMNS: readonly Column<DeadLetterGroup>[] = [
  { title: 'code', text: ({ code }) => code },
  { title: 'topic', text: ({ topic }) => topic },
  { title: 'path', text: ({ path }) => path },
  { title: 'poison', align: 'right', text: ({ poison }) => count(poison) },
  { title: 'waiting', align: 'right', text: ({ waiting }) => count(waiting) },
  { title: 'newest', text: ({ newestMs }) => new Date(newestMs).toISOString() },
  { title: 'example', align: 'right', text: ({ exampleId }) => String(exampleId) },
];
const LETTER_COLUMNS: readonly Column<DeadLetter>[] = [
  { title: 'id', align: 'right', text: ({ id }) => String(id) },
  { title: 'generation', align: 'right', text: ({ generation }) => String(generation) },
  { title: 'kind', text: ({ kind }) => kind },
  { title: 'position', text: positionOf },
  { title: 'key', text: ({ key }) => describeBytes(key, 60) },
  { title: 'code', text: ({ code }) => code },
  { title: 'reason', text: ({ reason }) => reason },
];

export async function listDeadLetters({ services, options }: CommandContext): Promise<CommandResult> {
  const { deadLetters } = await services.store();
  if (options['each'] === true) {
    const letters = await deadLetters.list(filterOf(options), Number(options['limit']));
    return { json: letters, text: (terminal) => renderTable(terminal, LETTER_COLUMNS, letters) };
  }
  const groups = await deadLetters.groups(filterOf(options));
  return { json: groups, text: (terminal) => renderTable(terminal, GROUP_COLUMNS, groups) };
}

export async function showDeadLetter({ services, arguments: [id = ''] }: CommandContext): Promise<CommandResult> {
  const letter = await findLetter((await services.store()).deadLetters, id);
  return { json: letter, text: () => describeLetter(letter) };
}

/** Fails while something still waits. */
export async function redriveDeadLetters({ services, progress, options }: CommandContext): Promise<CommandResult> {
  const { deadLetters } = await services.store();
  const planner = createRedrivePlanner({ topicPrefix: await services.topicPrefix() });
  const report = await new RedriveOperation(deadLetters, planner, progress).run(filterOf(options), Number(options['limit']));
  return {
    json: report,
    exitCode: report.remaining > 0 ? EXIT.checkFailed : EXIT.fine,
    text: () =>
      `${count(report.released)} of ${count(report.keys)} parked keys are released: ${count(report.drained)} records drained, ` +
      `${count(report.remaining)} still wait\n`,
  };
}

export async function discardDeadLetter({ services, arguments: [id = ''], options }: CommandContext): Promise<CommandResult> {
  const { deadLetters } = await services.store();
  const letter = await findLetter(deadLetters, id);
  await deadLetters.discard(letter.id, String(options['reason']));
  return {
    json: { id: letter.id, discarded: true },
    text: () =>
      `${positionOf(letter)} is skipped by every reader from now on\n  → harvest dead-letters redrive releases what waits behind it\n`,
  };
}

function filterOf(options: OptionValues): DeadLetterFilter {
  const { topic, code, key } = options;
  return {
    ...(typeof topic === 'string' && { topic }),
    ...(typeof code === 'string' && { code }),
    ...(typeof key === 'string' && { key: Buffer.from(key) }),
  };
}

async function findLetter(letters: Pick<DeadLetterStore, 'get'>, id: string): Promise<DeadLetter> {
  if (!/^\d{1,18}$/.test(id)) throw new HarvestError({ code: 'usage', message: `${id} is no id of a dead letter: give a number` });
  const letter = await letters.get(BigInt(id));
  if (letter === null) throw new HarvestError({ code: 'dead-letter-unknown', message: `there is no dead letter ${id}` });
  return letter;
}

function positionOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}/${partition}@${offset}`;
}

function describeLetter(letter: DeadLetter): string {
  const headers = Object.entries(letter.headers).map(([name, value]) => `    ${name}: ${describeBytes(value, 500)}`);
  const lines = [
    `dead letter ${letter.id} (${letter.kind}) of generation ${letter.generation}`,
    `  position   ${positionOf(letter)}`,
    `  key        ${describeBytes(letter.key, 600)}`,
    `  reason     ${letter.code} at ${letter.path}: ${letter.reason}`,
    `  projection ${letter.projection}`,
    `  stored     ${new Date(letter.storedMs).toISOString()}`,
    ...(headers.length > 0 ? ['  headers', ...headers] : []),
    '  value',
    describeBytes(letter.value, 100_000),
  ];
  return `${lines.join('\n')}\n`;
}

/** Text when it is text; a terminal must not be told to do things by a record. */
function describeBytes(bytes: Buffer | null, maxLength: number): string {
  if (bytes === null) return '(none)';
  const text = bytes.toString('utf8');
  const shown = text.includes('\ufffd') ? `base64:${bytes.toString('base64')}` : JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}… (${bytes.length} bytes)` : shown;
}
