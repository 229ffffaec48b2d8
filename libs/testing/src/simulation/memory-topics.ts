import type { ArtifactTopicRow, TopicChanges, TopicDelta } from '@harvest/read-models';

interface Figures {
  artifacts: number;
  discoveries: number;
  scoreSum: number;
}

/** Memberships and figures of topics in memory; a membership that is added twice or removed twice is an error. */
export class MemoryTopics {
  readonly members = new Map<string, ArtifactTopicRow>();
  /** By `topic|name|path` as JSON. */
  readonly figures = new Map<string, Figures>();
  /** By `topic|day|precision` as JSON. */
  readonly days = new Map<string, Figures>();

  take({ added, removed, deltas }: TopicChanges): void {
    for (const row of removed) if (!this.members.delete(keyOf(row))) throw new Error(`no membership ${keyOf(row)} to remove`);
    for (const row of added) {
      if (this.members.has(keyOf(row))) throw new Error(`membership ${keyOf(row)} twice`);
      this.members.set(keyOf(row), row);
    }
    for (const delta of deltas) {
      add(this.figures, JSON.stringify([delta.topicId, delta.name, delta.taxonomyPath]), delta);
      add(this.days, JSON.stringify([delta.topicId, delta.day, delta.precision]), delta);
    }
  }
}

const keyOf = ({ topicId, publishedMs, artifactId }: ArtifactTopicRow) => JSON.stringify([topicId, publishedMs, artifactId]);

function add(sums: Map<string, Figures>, key: string, delta: TopicDelta): void {
  const sum = sums.get(key) ?? { artifacts: 0, discoveries: 0, scoreSum: 0 };
  sum.artifacts += delta.artifacts;
  sum.discoveries += delta.discoveries;
  sum.scoreSum += delta.scoreSum;
  sums.set(key, sum);
}
