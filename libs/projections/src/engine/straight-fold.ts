import type { LogRecord, TopicPartition } from '@harvest/contracts';
import type { ArtifactCardRow, DeadLetterToStore, DiscoveryRow, IngestionRow } from '@harvest/read-models';
import { artifactCardV2, cardOfFacts, NO_FACTS } from '../definitions/artifact-card.v2.projection';
import type { ArtifactFacts } from '../definitions/artifact-card.v2.projection';
import { DAY_MS } from '../definitions/counts.v1.projection';
import type { Fact } from '../definitions/definition';
import { discoveryV1 } from '../definitions/discovery.v1.projection';
import { ingestionV1 } from '../definitions/ingestion.v1.projection';
import { parseEntities } from '../definitions/entity-mentions';
import { parseTopics } from '../definitions/topic-mentions';
import { decodeRecords, PROJECTION_OF, sliceRecords } from './decoded-records';
import { routeRecords } from './route-records';

export interface Tables {
  readonly discoveries: ReadonlyMap<string, DiscoveryRow>;
  readonly cards: ReadonlyMap<string, ArtifactCardRow>;
  readonly ingestions: ReadonlyMap<string, IngestionRow>;
  readonly counts: ReadonlyMap<string, { readonly artifacts: number; readonly discoveries: number }>;
  readonly deadLetters: ReadonlyMap<string, DeadLetterToStore>;
  readonly topics: MembershipTables;
  readonly entities: MembershipTables;
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

  get topics(): MembershipTables {
    const tables = newTables(2);
    for (const { artifactId, card, row } of this.observed())
      for (const mention of parseTopics(card.topics)) {
        const { topicId, name, taxonomyPath } = mention;
        const day = Math.floor((row.publishedMs as number) / DAY_MS);
        addMention(tables, { id: topicId, mention: { ...mention, artifactId }, row }, [
          [topicId, name, taxonomyPath],
          [topicId, day, row.publishedPrecision],
        ]);
      }
    return tables;
  }

  get entities(): MembershipTables {
    const tables = newTables(1);
    for (const { artifactId, card, row } of this.observed())
      for (const mention of parseEntities(card.entities)) {
        const { entityId, name } = mention;
        addMention(tables, { id: entityId, mention: { ...mention, artifactId }, row }, [[entityId, name]]);
      }
    return tables;
  }

  private *observed(): Iterable<{ readonly artifactId: string; readonly card: ArtifactCardRow; readonly row: DiscoveryRow }> {
    const cards = this.cards;
    for (const [artifactId, row] of this.discoveries) {
      const card = cards.get(artifactId);
      if (card !== undefined && row.observed.alive) yield { artifactId, card, row };
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

interface MembershipTables {
  readonly members: ReadonlyMap<string, object>;
  readonly sums: readonly ReadonlyMap<string, Figures>[];
}

interface NewTables {
  readonly members: Map<string, object>;
  readonly sums: readonly Map<string, Figures>[];
}

function newTables(sums: number): NewTables {
  return { members: new Map(), sums: Array.from({ length: sums }, () => new Map<string, Figures>()) };
}

interface Mentioned {
  readonly id: string;
  readonly mention: { readonly artifactId: string };
  readonly row: DiscoveryRow;
}

function addMention({ members, sums }: NewTables, { id, mention, row }: Mentioned, keys: readonly (readonly unknown[])[]): void {
  const { publishedMs } = row;
  members.set(JSON.stringify([id, publishedMs, mention.artifactId]), { ...mention, publishedMs });
  keys.forEach((key, index) => addFigures(sums[index] as Map<string, Figures>, JSON.stringify(key), row));
}

function addFigures(sums: Map<string, Figures>, key: string, { visible, discoveryScore }: DiscoveryRow): void {
  const { artifacts, discoveries, scoreSum } = sums.get(key) ?? { artifacts: 0, discoveries: 0, scoreSum: 0 };
  const score = visible ? (discoveryScore as number) : 0;
  sums.set(key, { artifacts: artifacts + 1, discoveries: discoveries + Number(visible), scoreSum: scoreSum + score });
}

const sorted = <T>(rows: ReadonlyMap<string, T>) => [...rows].sort(([left], [right]) => (left < right ? -1 : 1));

/** The content of all tables, in one order. Positions are left out: a fact that is there already does not move them. */
export function tablesOf(tables: Tables): unknown {
  const contentOf = ({ members, sums }: MembershipTables) => ({
    members: sorted(members),
    sums: sums.map((rows) => sorted(rows).filter(([, { artifacts }]) => artifacts !== 0)),
  });
  return {
    discoveries: sorted(tables.discoveries).map(([id, row]) => [id, { ...row, artifactPosition: null, scorePosition: null }]),
    cards: sorted(tables.cards),
    ingestions: sorted(tables.ingestions).map(([id, row]) => [id, { ...row, position: null }]),
    counts: sorted(tables.counts).filter(([, { artifacts, discoveries }]) => artifacts !== 0 || discoveries !== 0),
    topics: contentOf(tables.topics),
    entities: contentOf(tables.entities),
    deadLetters: sorted(tables.deadLetters).map(([at, { kind, code }]) => [at, kind, code]),
  };
}
