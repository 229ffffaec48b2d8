import type { TopicStanding } from '@harvest/operations';
import { CreateTopicsOperation, ListTopicsOperation, RegrowTopicOperation } from '@harvest/operations';
import type { CommandContext, CommandResult } from '../command';
import { EXIT } from '../exit-codes';
import { count } from '../output/progress-bar';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';

const COLUMNS: readonly Column<TopicStanding>[] = [
  { title: 'topic', text: ({ topic }) => topic },
  { title: 'partitions', align: 'right', text: ({ spec }) => (spec === null ? '–' : String(spec.partitions)) },
  { title: 'retention', text: ({ spec }) => describeRetention(spec?.retentionMs ?? null) },
  { title: 'records', align: 'right', text: ({ records }) => (records === null ? '–' : count(Number(records))) },
  { title: 'warnings', text: ({ warnings }) => warnings.join('; ') },
];

export async function createTopics({ services, options }: CommandContext): Promise<CommandResult> {
  const partitions = Number(options['partitions'] ?? (await services.config()).topics.partitions);
  const result = await new CreateTopicsOperation(await services.log()).run({ topicPrefix: await services.topicPrefix(), partitions });
  return {
    json: result,
    text: () => [...result.created.map((topic) => `created ${topic}\n`), ...result.existing.map((topic) => `exists  ${topic}\n`)].join(''),
  };
}

/** Fails when a topic is missing: nothing could be published there. */
export async function listTopics({ services }: CommandContext): Promise<CommandResult> {
  const topics = await new ListTopicsOperation(await services.log()).run(await services.topicPrefix());
  return {
    json: topics,
    exitCode: topics.some(({ spec }) => spec === null) ? EXIT.checkFailed : EXIT.fine,
    text: (terminal) => renderTable(terminal, COLUMNS, topics),
  };
}

export async function regrowTopic({ services, arguments: [topic = ''] }: CommandContext): Promise<CommandResult> {
  return new RegrowTopicOperation(await services.log()).run(await services.topicPrefix(), topic);
}

function describeRetention(retentionMs: number | null): string {
  if (retentionMs === null) return '–';
  return retentionMs < 0 ? 'for ever' : `${(retentionMs / 86_400_000).toFixed(1)} days`;
}
