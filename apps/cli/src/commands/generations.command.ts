import { currentDefinitions } from '@harvest/projections';
import type { Generation } from '@harvest/read-models';
import type { CommandContext, CommandResult } from '../command';
import type { Column } from '../output/table';
import { renderTable } from '../output/table';

const COLUMNS: readonly Column<Generation>[] = [
  { title: 'generation', align: 'right', text: ({ generation }) => String(generation) },
  { title: 'state', text: ({ state }) => state },
  { title: 'answers', text: ({ active }) => (active ? 'yes' : '') },
  { title: 'created', text: ({ createdMs }) => new Date(createdMs).toISOString() },
  { title: 'definitions', text: ({ definitions }) => definitions.map(({ name, version }) => `${name} v${version}`).join(', ') },
];

export async function listGenerations({ services }: CommandContext): Promise<CommandResult> {
  const generations = await (await services.store()).generations.list();
  return { json: generations, text: (terminal) => renderTable(terminal, COLUMNS, generations) };
}

export async function startGeneration({ services }: CommandContext): Promise<CommandResult> {
  const created = await (await services.store()).generations.create(currentDefinitions());
  const { generation } = created;
  return {
    json: created,
    text: () =>
      `generation ${generation} is created; the running projectors build it from the log's start\n` +
      `  → harvest lag --generation ${generation} shows how far they are, harvest generations activate ${generation} lets it answer\n`,
  };
}

export async function activateGeneration({ services, arguments: [number], options }: CommandContext): Promise<CommandResult> {
  const generation = Number(number);
  await (await services.store()).generations.activate(generation, Number(options['wait']));
  return { json: { generation, active: true }, text: () => `generation ${generation} answers now\n` };
}

export async function retireGeneration({ services, arguments: [number] }: CommandContext): Promise<CommandResult> {
  const generation = Number(number);
  await (await services.store()).generations.retire(generation);
  return { json: { generation, state: 'retired' }, text: () => `generation ${generation} is retired, its tables are gone\n` };
}

/** Only the fingerprints of versions that the generation runs already: another version is another generation's. */
export async function acceptGeneration({ services, arguments: [number] }: CommandContext): Promise<CommandResult> {
  const generation = Number(number);
  const { generations } = await services.store();
  const recorded = (await generations.list()).find((it) => it.generation === generation)?.definitions ?? [];
  const now = currentDefinitions();
  const accepted = recorded.map((old) => now.find(({ name, version }) => name === old.name && version === old.version) ?? old);
  const changed = accepted.filter(({ fingerprint }) => !recorded.some((old) => old.fingerprint === fingerprint));
  await generations.acceptDefinitions(generation, accepted);
  const names = changed.map(({ name, version }) => `${name} v${version}`).join(', ');
  return {
    json: { generation, accepted: changed },
    text: () => `generation ${generation} accepts today's code of ${names || 'nothing new'}\n`,
  };
}
