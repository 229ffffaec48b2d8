import { compareUtf8 } from '@harvest/kernel';
import type { Artifact, Contribution } from './artifact';
import type { CanonicalRow } from './canonical';
import type { Entity } from './entities';
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

export const entityOf = ({ entityId, name }: Pick<Entity, 'entityId' | 'name'>): CanonicalRow => ({ entity_id: entityId, name });

export type MembershipTableName = 'artifact_topic' | 'topic_figures' | 'topic_day' | 'artifact_entity' | 'entity_figures';

const MAX_EVENTS = 40;
const keyOf = (columns: CanonicalRow) => JSON.stringify(Object.values(columns).map(String));

/** How one kind of group is expected: who belongs to it by the log, and what is summed. */
interface Kind<G> {
  readonly groupsOf: (artifact: Artifact) => readonly G[];
  readonly idOf: (group: G) => string;
  readonly rowOf: (artifact: Artifact, group: G) => CanonicalRow;
  readonly sums: readonly Sums<G>[];
}

/** Memberships and sums of these artifacts. */
export function membershipTables(reducer: Reducer, ids: readonly string[]): Readonly<Record<MembershipTableName, ExpectedTable>> {
  const [topics, topicDays, entities] = [new Sums<Topic>(topicOf), new Sums<Topic>(topicDayOf), new Sums<Entity>(entityOf)];
  const events = (id: string): readonly EventPosition[] => reducer.artifacts.get(id)?.events ?? [];
  const artifactTopic = membersTable(reducer, ids, {
    groupsOf: (artifact) => artifact.topics(),
    idOf: ({ topicId }) => topicId,
    rowOf: (artifact, topic) => artifact.topicRow(topic),
    sums: [topics, topicDays],
  });
  const artifactEntity = membersTable(reducer, ids, {
    groupsOf: (artifact) => artifact.entities(),
    idOf: ({ entityId }) => entityId,
    rowOf: (artifact, entity) => artifact.entityRow(entity),
    sums: [entities],
  });
  return {
    artifact_topic: artifactTopic,
    topic_figures: topics.table(events),
    topic_day: topicDays.table(events),
    artifact_entity: artifactEntity,
    entity_figures: entities.table(events),
  };
}

function membersTable<G>(reducer: Reducer, ids: readonly string[], kind: Kind<G>): ExpectedTable {
  const members = new Map<string, { readonly artifact: Artifact; readonly group: G }>();
  for (const id of ids) {
    const artifact = reducer.artifacts.get(id);
    const contribution = artifact?.contribution();
    if (!artifact || !contribution) continue;
    for (const group of kind.groupsOf(artifact)) {
      members.set(JSON.stringify([kind.idOf(group), id]), { artifact, group });
      for (const sums of kind.sums) sums.add({ ...group, ...contribution }, id);
    }
  }
  return {
    keys: [...members.keys()],
    row: (key) => {
      const member = members.get(key);
      return member === undefined ? null : kind.rowOf(member.artifact, member.group);
    },
    events: (key) => members.get(key)?.artifact.events ?? [],
    isExcluded: (key) => reducer.conflictingArtifacts.has((JSON.parse(key) as [string, string])[1]),
  };
}

class Sums<G> {
  private readonly rows = new Map<string, { readonly row: CanonicalRow; readonly ids: string[] }>();

  constructor(private readonly columnsOf: (share: G & Contribution) => CanonicalRow) {}

  add(share: G & Contribution, id: string): void {
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
