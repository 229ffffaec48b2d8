import type { LogRecord, TopicPartition } from '@harvest/contracts';
import type { ArtifactCardRow, DeadLetterToStore, DiscoveryRow, IngestionRow } from '@harvest/read-models';
import { artifactCardV2, cardOfFacts, NO_FACTS } from '../definitions/artifact-card.v2.projection';
import type { ArtifactFacts } from '../definitions/artifact-card.v2.projection';
import { DAY_MS } from '../definitions/counts.v1.projection';
import type { Fact } from '../definitions/definition';
import { discoveryV1 } from '../definitions/discovery.v1.projection';
import { ingestionV1 } from '../definitions/ingestion.v1.projection';
import { parseTopics, type TopicMention } from '../definitions/topic-mentions';
import { decodeRecords, PROJECTION_OF, sliceRecords } from './decoded-records';
import { routeRecords } from './route-records';

export interface Tables {
  readonly discoveries: ReadonlyMap<string, DiscoveryRow>;
  readonly cards: ReadonlyMap<string, ArtifactCardRow>;
  readonly ingestions: ReadonlyMap<string, IngestionRow>;
  readonly counts: ReadonlyMap<string, { readonly artifacts: number; readonly discoveries: number }>;
  readonly deadLetters: ReadonlyMap<string, DeadLetterToStore>;
  readonly topics: TopicTables;
}

interface PartitionOfLog {
  readonly place: TopicPartition;
  records(): readonly LogRecord[];
}

/** What tests compare the engine with: partition after partition, record after record, no batches, counts added up at the end. */
export function foldStraight(logs: readonly PartitionOfLog[], prefix: string): unknown {
  const fold = new StraightFold();
  for (const { place, records } of logs.map((log) => ({ place: log.place, records: log.records() })))
    fold.partition(place, records, prefix);
  return tablesOf(fold);
}

class StraightFold implements Tables {
  readonly discoveries = new Map<string, DiscoveryRow>();
  readonly ingestions = new Map<string, IngestionRow>();
  readonly deadLetters = new Map<string, DeadLetterToStore>();
  private readonly facts = new Map<string, ArtifactFacts>();

  partition(place: TopicPartition, records: readonly LogRecord[], prefix: string): void {
    const decoded = decodeRecords({ ...place, prefix }, records);
    const parkedKeys = new Set<string>();
    records.forEach((_record, index) => {
      const routed = routeRecords(sliceRecords(decoded, index, index + 1), { onPoison: 'park', parkedKeys, skipped: new Set() });
      for (const key of routed.newlyParked) parkedKeys.add(key);
      for (const letter of routed.deadLetters) this.deadLetters.set(`${place.topic}/${place.partition}/${letter.offset}`, letter);
      for (const fact of routed.facts) this.take(fact, PROJECTION_OF[decoded.family] === 'ingestion');
    });
  }

  get cards(): ReadonlyMap<string, ArtifactCardRow> {
    const alive = [...this.discoveries.values()].filter(({ observed, classified }) => observed.alive || classified.alive);
    return new Map(alive.map(({ artifactId }) => [artifactId, cardOfFacts(artifactId, this.facts.get(artifactId) ?? NO_FACTS)]));
  }

  get counts(): Tables['counts'] {
    const sums = new Map<string, { artifacts: number; discoveries: number }>();
    for (const row of this.discoveries.values()) {
      if (!row.observed.alive) continue;
      const key = `${row.source}|${row.artifactType}|${Math.floor((row.publishedMs ?? 0) / DAY_MS)}|${row.publishedPrecision}`;
      const { artifacts, discoveries } = sums.get(key) ?? { artifacts: 0, discoveries: 0 };
      sums.set(key, { artifacts: artifacts + 1, discoveries: discoveries + Number(row.scored.alive) });
    }
    return sums;
  }

  get topics(): TopicTables {
    const tables = { members: new Map<string, object>(), figures: new Map<string, Figures>(), days: new Map<string, Figures>() };
    for (const [artifactId, { card, row }] of this.observed())
      for (const mention of parseTopics(card.topics)) addMention(tables, mention, { ...row, artifactId });
    return tables;
  }

  private *observed(): Iterable<readonly [string, { readonly card: ArtifactCardRow; readonly row: DiscoveryRow }]> {
    const cards = this.cards;
    for (const [id, row] of this.discoveries) {
      const card = cards.get(id);
      if (card !== undefined && row.observed.alive) yield [id, { card, row }];
    }
  }

  private take(fact: Fact, isIngestion: boolean): void {
    const id = fact.event.subject;
    if (isIngestion) {
      this.ingestions.set(id, ingestionV1.evolve(fact, this.ingestions.get(id) ?? null).row);
      return;
    }
    const step = discoveryV1.evolve(fact, this.discoveries.get(id) ?? null);
    this.discoveries.set(id, step.row);
    this.facts.set(id, artifactCardV2.evolve(this.facts.get(id) ?? NO_FACTS, fact.event, step));
  }
}

interface Figures {
  readonly artifacts: number;
  readonly discoveries: number;
  readonly scoreSum: number;
}

interface TopicTables {
  readonly members: ReadonlyMap<string, object>;
  readonly figures: ReadonlyMap<string, Figures>;
  readonly days: ReadonlyMap<string, Figures>;
}

interface MutableTopicTables {
  readonly members: Map<string, object>;
  readonly figures: Map<string, Figures>;
  readonly days: Map<string, Figures>;
}

function addMention({ members, figures, days }: MutableTopicTables, mention: TopicMention, row: DiscoveryRow): void {
  const { topicId, name, taxonomyPath } = mention;
  const publishedMs = row.publishedMs as number;
  members.set(JSON.stringify([topicId, publishedMs, row.artifactId]), { ...mention, artifactId: row.artifactId, publishedMs });
  addFigures(figures, JSON.stringify([topicId, name, taxonomyPath]), row);
  addFigures(days, JSON.stringify([topicId, Math.floor(publishedMs / DAY_MS), row.publishedPrecision]), row);
}

function addFigures(sums: Map<string, Figures>, key: string, { visible, discoveryScore }: DiscoveryRow): void {
  const { artifacts, discoveries, scoreSum } = sums.get(key) ?? { artifacts: 0, discoveries: 0, scoreSum: 0 };
  const score = visible ? (discoveryScore as number) : 0;
  sums.set(key, { artifacts: artifacts + 1, discoveries: discoveries + Number(visible), scoreSum: scoreSum + score });
}

/** The content of all tables, in one order. Positions are left out: a fact that is there already does not move them. */
export function tablesOf(tables: Tables): unknown {
  const sorted = <T>(rows: ReadonlyMap<string, T>) => [...rows].sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    discoveries: sorted(tables.discoveries).map(([id, row]) => [id, { ...row, artifactPosition: null, scorePosition: null }]),
    cards: sorted(tables.cards),
    ingestions: sorted(tables.ingestions).map(([id, row]) => [id, { ...row, position: null }]),
    counts: sorted(tables.counts).filter(([, { artifacts, discoveries }]) => artifacts !== 0 || discoveries !== 0),
    topicMembers: sorted(tables.topics.members),
    topicFigures: [sorted(tables.topics.figures), sorted(tables.topics.days)].map((rows) =>
      rows.filter(([, sums]) => sums.artifacts !== 0),
    ),
    deadLetters: sorted(tables.deadLetters).map(([at, { kind, code }]) => [at, kind, code]),
  };
}
