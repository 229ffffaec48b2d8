import type { Command as CommanderCommand } from 'commander';
import type { Command } from './command';
import { durationMs, integerBetween, oneOf } from './options';

type Action = (load: () => Promise<Command>) => (...given: unknown[]) => Promise<void>;

const MAX_ID = Number.MAX_SAFE_INTEGER;
const generationNumber = integerBetween(1, 2 ** 31 - 1);

/** Every command with its options; the code of each is loaded when it is called. */
export function defineCommands(program: CommanderCommand, action: Action): void {
  defineUp(program, action);
  definePublishing(program, action);
  defineLog(program, action);
  defineGenerations(program, action);
  defineDeadLetters(program, action);
  defineCache(program, action);
  defineDatabase(program, action);
  defineProof(program, action);
}

function defineUp(program: CommanderCommand, action: Action): void {
  program
    .command('up')
    .description('start everything in one process on embedded services; it fills itself on its very first start')
    .option('--empty', 'do not fill itself on its very first start')
    .option('--seed <number>', 'seed of the stream it fills itself with', integerBetween(0, 2 ** 31 - 1))
    .option('--artifacts <number>', 'artifacts in that stream', integerBetween(1, 1_000_000))
    .action(action(async () => (await import('./commands/up.command')).startStandalone));
}

function definePublishing(program: CommanderCommand, action: Action): void {
  program
    .command('publish')
    .argument('<file>', 'CloudEvents or plain artifacts, one JSON object a line, gzip or not')
    .description('publish a file as one ingestion; a killed run goes on when it is run again')
    .option('--scores <kind>', 'add score events to plain artifacts: demo', oneOf('demo'))
    .option('--wait', 'return when everything of it is in the answers')
    .option('--wait-timeout <duration>', 'give up waiting after this long (90s, 5m)', durationMs, 600_000)
    .option('--allow-rejects', 'exit 0 although lines were not published')
    .action(action(async () => (await import('./commands/publish.command')).publishFile));
  program
    .command('simulate')
    .description('publish a seeded, realistic stream')
    .option('--seed <number>', 'the same seed makes the same events', integerBetween(0, 2 ** 31 - 1), 42)
    .option('--artifacts <number>', 'how many; scores and the rest follow', integerBetween(1, 10_000_000), 5000)
    .option('--rate <number>', 'events per second; as fast as possible when not given', integerBetween(1, 1_000_000))
    .option('--wait', 'return when everything of it is in the answers')
    .option('--wait-timeout <duration>', 'give up waiting after this long (90s, 5m)', durationMs, 600_000)
    .action(action(async () => (await import('./commands/simulate.command')).simulate));
  const events = program.command('events').description('event files');
  events
    .command('validate')
    .argument('<file>')
    .description('judge each line as publishing it would; needs no service')
    .option('--limit <number>', 'how many rejected lines to list', integerBetween(0, 100_000), 20)
    .action(action(async () => (await import('./commands/events.command')).validateEvents));
}

function defineLog(program: CommanderCommand, action: Action): void {
  const topics = program.command('topics').description('the topics of the event log');
  topics
    .command('create')
    .description('create what is missing')
    .option('--partitions <number>', 'of topics that are created (TOPIC_PARTITIONS)', integerBetween(1, 1000))
    .action(action(async () => (await import('./commands/topics.command')).createTopics));
  topics
    .command('list')
    .description('topics with their partitions and retention')
    .action(action(async () => (await import('./commands/topics.command')).listTopics));
  topics
    .command('regrow')
    .argument('<topic>')
    .description('what to do about a topic whose number of partitions changed')
    .action(action(async () => (await import('./commands/topics.command')).regrowTopic));
  program
    .command('lag')
    .description("how far the read models stand behind the log's end, per partition")
    .option('--generation <number>', 'another than the active one', generationNumber)
    .option('--max <records>', 'exit 1 when it is more, or unknown', integerBetween(0, MAX_ID))
    .action(action(async () => (await import('./commands/positions.command')).listLag));
  program
    .command('checkpoints')
    .description('the positions that stand beside the rows')
    .option('--generation <number>', 'another than the active one', generationNumber)
    .action(action(async () => (await import('./commands/positions.command')).listCheckpoints));
}

function defineGenerations(program: CommanderCommand, action: Action): void {
  const generations = program.command('generations').description('complete sets of read tables, and which one answers');
  const load = (name: 'listGenerations' | 'startGeneration' | 'activateGeneration' | 'retireGeneration' | 'acceptGeneration') =>
    action(async () => (await import('./commands/generations.command'))[name]);
  generations.command('list').description('all of them').action(load('listGenerations'));
  generations
    .command('start')
    .description("create a new one; the running projectors build it from the log's start")
    .action(load('startGeneration'));
  generations
    .command('activate')
    .argument('<number>', 'the generation', generationNumber)
    .description('let it answer, once it has caught up')
    .option('--wait <duration>', 'how long it may take to catch up', durationMs, 30_000)
    .action(load('activateGeneration'));
  generations
    .command('retire')
    .argument('<number>', 'the generation', generationNumber)
    .description('drop its tables for good')
    .action(load('retireGeneration'));
  generations
    .command('accept')
    .argument('<number>', 'the generation', generationNumber)
    .description("record today's code of its definitions: for changes that make the same rows")
    .action(load('acceptGeneration'));
}

function defineDeadLetters(program: CommanderCommand, action: Action): void {
  const letters = program.command('dead-letters').description('records set aside with their reason, and what waits behind them');
  const load = (name: 'listDeadLetters' | 'showDeadLetter' | 'redriveDeadLetters' | 'discardDeadLetter') =>
    action(async () => (await import('./commands/dead-letters.command'))[name]);
  const filtered = (command: CommanderCommand) =>
    command.option('--topic <name>', 'of this topic').option('--code <code>', 'of this reason').option('--key <key>', 'of this key');
  filtered(letters.command('list').description('grouped by reason, topic and place'))
    .option('--each', 'one by one instead of grouped')
    .option('--limit <number>', 'at most this many', integerBetween(1, 10_000), 50)
    .action(load('listDeadLetters'));
  letters.command('show').argument('<id>').description('one of them, with its bytes').action(load('showDeadLetter'));
  filtered(letters.command('redrive').description("feed parked keys through today's decoder, in order"))
    .option('--limit <number>', 'at most this many keys', integerBetween(1, 100_000), 1000)
    .action(load('redriveDeadLetters'));
  letters
    .command('discard')
    .argument('<id>')
    .description('give a record up: every reader of the log skips it from now on')
    .requiredOption('--reason <text>', 'kept with it')
    .action(load('discardDeadLetter'));
}

function defineCache(program: CommanderCommand, action: Action): void {
  const cache = program.command('cache').description("the answer cache, over the operators' listener");
  const load = (name: 'showCacheStats' | 'invalidateCache' | 'clearCache') =>
    action(async () => (await import('./commands/cache.command'))[name]);
  cache.command('stats').description('entries, hits and misses').action(load('showCacheStats'));
  cache
    .command('invalidate')
    .argument('[pattern]', 'names scopes, `*` stands for any text; all of them when it is not given')
    .description('every process makes its answers anew')
    .action(load('invalidateCache'));
  cache
    .command('clear')
    .description('every process makes all its answers anew; the one that is asked frees its memory, Redis frees its own in time')
    .action(load('clearCache'));
}

function defineDatabase(program: CommanderCommand, action: Action): void {
  const database = program.command('db').description('the database');
  const load = (name: 'migrate' | 'showMigrations' | 'rollback') => action(async () => (await import('./commands/db.command'))[name]);
  database.command('migrate').description('bring the schema up to this version').action(load('migrate'));
  database.command('status').description('migrations and whether they ran; exit 1 when one is pending').action(load('showMigrations'));
  database.command('rollback').description('undo the last migration').action(load('rollback'));
}

function defineProof(program: CommanderCommand, action: Action): void {
  program
    .command('verify')
    .description('reduce the log anew and compare every row with it')
    .option('--generation <number>', 'another than the active one', generationNumber)
    .action(action(async () => (await import('./commands/verify.command')).verify));
}
