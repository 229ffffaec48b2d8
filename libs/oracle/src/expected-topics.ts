import { compareUtf8 } from '@harvest/kernel';
import type { Contribution } from './artifact';
import type { CanonicalRow } from './canonical';
import type { ExpectedTable } from './expected-table';
import type { EventPosition } from './provenance';
import type { Reducer } from './reducer';
import type { Topic } from './topics';

type InTopic = Pick<Topic, 'topicId' | 'name' | 'taxonomyPath'> & Contribution;

export const topicOf = ({ topicId, name, taxonomyPath }: Pick<InTopic, 'topicId' | 'name' | 'taxonomyPath'>): CanonicalRow => ({
  topic_id: topicId,
  name,
  taxonomy_path: taxonomyPath,
});
export const topicDayOf = ({ topicId, day, precision }: Pick<InTopic, 'topicId' | 'day' | 'precision'>): CanonicalRow => ({
  topic_id: topicId,
  day,
  precision,
});

const MAX_EVENTS = 40;
const keyOf = (columns: CanonicalRow) => JSON.stringify(Object.values(columns).map(String));

/** Memberships and sums of these artifacts. */
export function topicTables(
  reducer: Reducer,
  ids: readonly string[],
): Readonly<Record<'artifact_topic' | 'topic_figures' | 'topic_day', ExpectedTable>> {
  const members = new Map<string, { readonly id: string; readonly topic: Topic }>();
  const figures = new Sums(topicOf);
  const days = new Sums(topicDayOf);
  for (const id of ids) {
    const artifact = reducer.artifacts.get(id);
    const contribution = artifact?.contribution();
    if (!artifact || !contribution) continue;
    for (const topic of artifact.topics()) {
      members.set(JSON.stringify([topic.topicId, id]), { id, topic });
      figures.add({ ...topic, ...contribution }, id);
      days.add({ ...topic, ...contribution }, id);
    }
  }
  const events = (id: string): readonly EventPosition[] => reducer.artifacts.get(id)?.events ?? [];
  return {
    artifact_topic: {
      keys: [...members.keys()],
      row: (key) => {
        const member = members.get(key);
        return (member && reducer.artifacts.get(member.id)?.topicRow(member.topic)) ?? null;
      },
      events: (key) => events(members.get(key)?.id ?? ''),
      isExcluded: (key) => reducer.conflictingArtifacts.has((JSON.parse(key) as [string, string])[1]),
    },
    topic_figures: figures.table(events),
    topic_day: days.table(events),
  };
}

class Sums {
  private readonly rows = new Map<string, { readonly row: CanonicalRow; readonly ids: string[] }>();

  constructor(private readonly columnsOf: (share: InTopic) => CanonicalRow) {}

  add(share: InTopic, id: string): void {
    const columns = this.columnsOf(share);
    const key = keyOf(columns);
    const known = this.rows.get(key) ?? { row: { ...columns, artifacts: 0, discoveries: 0, score_sum: 0 }, ids: [] };
    const more = (name: string, by: number) => Number(known.row[name]) + by;
    const figures = { artifacts: more('artifacts', 1), discoveries: more('discoveries', share.discoveries) };
    if (known.ids.length < MAX_EVENTS) known.ids.push(id);
    this.rows.set(key, { row: { ...columns, ...figures, score_sum: more('score_sum', share.score) }, ids: known.ids });
  }

  table(events: (id: string) => readonly EventPosition[]): ExpectedTable {
    return {
      keys: [...this.rows.keys()].sort(compareUtf8),
      row: (key) => this.rows.get(key)?.row ?? null,
      events: (key) => (this.rows.get(key)?.ids ?? []).flatMap(events).slice(0, MAX_EVENTS),
      isExcluded: () => false,
    };
  }
}
