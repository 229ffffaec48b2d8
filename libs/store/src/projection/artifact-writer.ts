import type {
  ArtifactBatch,
  ArtifactCardRow,
  ArtifactRows,
  DiscoveryRow,
  EntityMention,
  Evolved,
  TopicMention,
} from '@harvest/read-models';
import { NO_BELONGINGS } from '@harvest/read-models';
import type { Rows, WriteTransaction } from '../connection/write-transaction';
import type { ArrayEncoder } from '../encoding/array-encoder';
import { ARTIFACT_CARD_COLUMNS } from '../tables/artifact-card.table';
import { encodeColumns } from '../tables/columns';
import { COUNT_BY_DAY, COUNT_BY_KIND } from '../tables/counts.table';
import {
  ARTIFACT_UPDATE_COLUMNS,
  DISCOVERY_COLUMNS,
  FACTS_OF_CODES,
  SCORE_UPDATE_COLUMNS,
  decodeDiscovery,
} from '../tables/discovery.table';
import { sumColumns, Sums } from '../tables/sum-table';
import type { GenerationStatements } from './generation-statements';
import type { OutcomeTally } from './outcomes';
import { ENTITY_TABLE } from '../tables/entity.table';
import { TOPIC_TABLE } from '../tables/topic.table';
import { MembershipWriter } from './membership-writer';

interface Known {
  readonly index: number;
  readonly discovery: DiscoveryRow;
}

/**
 * One chunk's artifacts or scores in one transaction. The calls come in this order: `sendProbe`, `lockSubjects`, `evolve`,
 * `sendRows`, `sendCounts`.
 *
 * The half of this topic cannot change beneath us (the checkpoint's row is held), so a subject whose facts are equal needs no lock;
 * the other half can, so whoever changes a row locks it before anything about it is read.
 */
export class ArtifactWriter {
  private readonly subjects: (Buffer | null)[];
  private readonly kinds = new Sums(COUNT_BY_KIND);
  private readonly days = new Sums(COUNT_BY_DAY);
  private readonly topics: MembershipWriter<TopicMention>;
  private readonly entities: MembershipWriter<EntityMention>;
  private readonly inserted: ArtifactCardRow[] = [];
  private readonly changed: ArtifactCardRow[] = [];
  private readonly removed: string[] = [];
  private readonly updates: DiscoveryRow[] = [];
  private probe: Promise<Rows> | undefined;
  private fresh: Evolved<ArtifactRows>[] = [];
  private known: readonly Known[] = [];
  readonly conflicts: string[] = [];

  constructor(
    private readonly transaction: WriteTransaction,
    private readonly statements: GenerationStatements,
    private readonly batch: ArtifactBatch,
    private readonly encoder: ArrayEncoder,
  ) {
    this.subjects = this.encodeSubjects();
    this.topics = new MembershipWriter(TOPIC_TABLE, { transaction, encoder, statements: statements.topic });
    this.entities = new MembershipWriter(ENTITY_TABLE, { transaction, encoder, statements: statements.entity });
  }

  sendProbe(): void {
    this.probe = this.transaction.send(this.statements.discovery.probe, this.subjects);
  }

  /** Inserts what is new and locks what is known and differs, both in the order of the ids. Takes one flight, rarely two. */
  async lockSubjects(): Promise<void> {
    const { missing, differs } = await this.probed();
    const insert = missing.length > 0 ? this.sendFresh(missing) : undefined;
    const lock = differs ? this.sendLock() : undefined;
    if (insert === undefined && lock === undefined) return;
    await this.transaction.land('inserting and locking artifacts');
    const insertedCount = insert === undefined ? 0 : (await insert).rowCount;
    if (insertedCount === missing.length) return void (this.known = decodeKnown(await lock));
    await this.resolveLostRace(missing, lock);
  }

  private async probed(): Promise<{ readonly missing: readonly number[]; readonly differs: boolean }> {
    const [missingCount, differingCount, list] = (await this.probe!).rows[0] as [number, number, string | null];
    const missing = missingCount === this.batch.ids.length ? [...this.batch.ids.keys()] : parseOrdinals(list);
    return { missing, differs: differingCount > 0 };
  }

  /** Reads the cards of the locked rows, in a statement later than the lock, then makes everything the subjects come to. */
  async evolve(tally: OutcomeTally): Promise<void> {
    const cards = await this.readCards();
    for (const evolved of this.fresh) this.takeFresh(evolved, tally);
    for (const known of this.known) this.takeKnown(known, cards.get(known.index) ?? NO_CARD, tally);
    this.tallyIdentical(tally);
  }

  sendRows(): void {
    const { discovery, card } = this.statements;
    const [update, columns] = this.batch.touchesCards
      ? [discovery.updateArtifacts, ARTIFACT_UPDATE_COLUMNS]
      : [discovery.updateScores, SCORE_UPDATE_COLUMNS];
    if (this.updates.length > 0) this.transaction.put(update, encodeColumns(this.encoder, columns, this.updates));
    if (this.inserted.length > 0) this.transaction.put(card.insert, encodeColumns(this.encoder, ARTIFACT_CARD_COLUMNS, this.inserted));
    if (this.changed.length > 0) this.transaction.put(card.upsert, encodeColumns(this.encoder, ARTIFACT_CARD_COLUMNS, this.changed));
    if (this.removed.length > 0) this.transaction.put(card.delete, [this.encodeIds(this.removed)]);
    this.topics.sendRows();
    this.entities.sendRows();
  }

  /** To be sent right before COMMIT. */
  sendCounts(): void {
    const { addByKind, addByDay } = this.statements.count;
    const kinds = this.kinds.changed();
    const days = this.days.changed();
    if (kinds.length > 0) this.transaction.put(addByKind, encodeColumns(this.encoder, sumColumns(COUNT_BY_KIND), kinds));
    if (days.length > 0) this.transaction.put(addByDay, encodeColumns(this.encoder, sumColumns(COUNT_BY_DAY), days));
    this.topics.sendFigures();
    this.entities.sendFigures();
  }

  private sendFresh(missing: readonly number[]): Promise<Rows> {
    this.fresh = missing.map((index) => this.batch.fresh(index));
    const rows = this.fresh.map((evolved) => evolved.rows.discovery);
    return this.transaction.send(this.statements.discovery.insertFresh, encodeColumns(this.encoder, DISCOVERY_COLUMNS, rows));
  }

  private sendLock(): Promise<Rows> {
    return this.transaction.send(this.statements.discovery.lockKnown, this.subjects);
  }

  /** The other topic's transaction inserted some of our missing subjects first: those are known by now. */
  private async resolveLostRace(missing: readonly number[], lock: Promise<Rows> | undefined): Promise<void> {
    const own = this.transaction.send(this.statements.discovery.findOwn, [this.subjects[0]!]);
    const locked = lock ?? this.sendLock();
    await this.transaction.land('locking artifacts that another transaction has just inserted');
    const ours = new Set((await own).rows.map((row) => row[0] as number));
    this.fresh = this.fresh.filter((_evolved, position) => ours.has(missing[position]!));
    this.known = decodeKnown(await locked);
  }

  /** By the index of their subject; of scores the belongings only. */
  private async readCards(): Promise<ReadonlyMap<number, KnownCard>> {
    const { touchesCards } = this.batch;
    const owners = this.known.filter(({ discovery }) => (touchesCards ? mayOwnCard(discovery) : discovery.observed.alive));
    if (owners.length === 0) return new Map();
    const ids = owners.map(({ discovery }) => discovery.artifactId);
    const { read, readBelongings } = this.statements.card;
    const reading = this.transaction.send(touchesCards ? read : readBelongings, [this.encodeIds(ids)]);
    await this.transaction.land('reading cards');
    const known = ([at, ...texts]: CardTexts): readonly [number, KnownCard] => [owners[at]!.index, knownCard(ids[at]!, texts)];
    return new Map(((await reading).rows as unknown as CardTexts[]).map(known));
  }

  private takeFresh(evolved: Evolved<ArtifactRows>, tally: OutcomeTally): void {
    const { discovery, card } = evolved.rows;
    this.note(evolved, discovery.artifactId, tally);
    this.count(null, evolved.rows);
    if (this.batch.touchesCards && card !== null) this.inserted.push(card);
  }

  private takeKnown({ index, discovery }: Known, known: KnownCard, tally: OutcomeTally): void {
    const before = { discovery, ...known };
    const evolved = this.batch.evolve(index, before);
    this.note(evolved, discovery.artifactId, tally);
    const after = evolved.rows;
    if (after.discovery !== discovery) {
      this.updates.push(after.discovery);
      this.count(before, after);
    }
    if (this.batch.touchesCards) this.takeCard(known.card, after.card);
  }

  private count(before: ArtifactRows | null, after: ArtifactRows): void {
    for (const delta of this.batch.countDeltas(before?.discovery ?? null, after.discovery)) {
      this.kinds.add(delta);
      this.days.add(delta);
    }
    const { topics, entities } = this.batch.membershipChanges(before, after);
    this.topics.take(topics);
    this.entities.take(entities);
  }

  private takeCard(before: ArtifactCardRow | null, after: ArtifactCardRow | null): void {
    if (after === null) {
      if (before !== null) this.removed.push(before.artifactId);
    } else if (before === null || !isSameCard(before, after)) this.changed.push(after);
  }

  private note(evolved: Evolved<ArtifactRows>, id: string, tally: OutcomeTally): void {
    tally.addEvolved(evolved);
    if (evolved.keyInTwoPartitions) this.conflicts.push(id);
  }

  private tallyIdentical(tally: OutcomeTally): void {
    if (this.fresh.length + this.known.length === this.batch.ids.length) return;
    const taken = new Set<string>();
    for (const { rows } of this.fresh) taken.add(rows.discovery.artifactId);
    for (const { discovery } of this.known) taken.add(discovery.artifactId);
    this.batch.ids.forEach((id, index) => {
      if (!taken.has(id)) tally.addIdentical(this.batch.recordCounts[index]!);
    });
  }

  /** Copied out of the encoder: they are sent more than once. */
  private encodeSubjects(): (Buffer | null)[] {
    const { ids, facts, factsOf } = this.batch;
    this.encoder.reset();
    const arrays = [
      this.encoder.array('text', ids, (id) => id),
      this.encoder.array('int8', facts, (fact) => fact),
      this.encoder.array('int2', factsOf, (half) => FACTS_OF_CODES[half]),
    ];
    return arrays.map((array) => array && Buffer.from(array));
  }

  private encodeIds(ids: readonly string[]): Buffer | null {
    this.encoder.reset();
    return this.encoder.array('text', ids, (id) => id);
  }
}

/** What is known of a subject besides its hot row. */
type KnownCard = Omit<ArtifactRows, 'discovery'>;
const NO_CARD: KnownCard = { card: null, belongings: NO_BELONGINGS };

/** What a card belongs to, and the card itself where it was asked for. */
type CardTexts = readonly [at: number, topics: string, entities: string, card?: string, detail?: string];

function knownCard(artifactId: string, [topics = '', entities = '', card, detail]: readonly (string | undefined)[]): KnownCard {
  const belongings = { topics, entities };
  return { card: card === undefined || detail === undefined ? null : { artifactId, card, detail, ...belongings }, belongings };
}

const isSameCard = (left: ArtifactCardRow, right: ArtifactCardRow): boolean =>
  left.card === right.card && left.detail === right.detail && left.topics === right.topics && left.entities === right.entities;

/** A card is of the artifact's own two halves: of one that only a score speaks of, none is looked for. */
const mayOwnCard = ({ observed, classified }: DiscoveryRow): boolean => observed.alive || classified.alive;

function parseOrdinals(list: string | null): readonly number[] {
  return list === null ? [] : list.split(',').map(Number);
}

function decodeKnown(locked: Rows | undefined): readonly Known[] {
  return (locked?.rows ?? []).map((row) => ({ index: Number(row[0]), discovery: decodeDiscovery(row, 1) }));
}
