import type { FetchedBatch, PartitionRange, TopicPartition } from '@harvest/contracts';
import { backoffDelayMs } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';
import type { Checkpoint, Claim } from '@harvest/read-models';
import { decodeRecordsSoon } from './decoded-records';
import { FetchPauses } from './fetch-pauses';
import { HALT_REASONS } from './partition-halt';
import type { HaltReason } from './partition-halt';
import type { PartitionOptions } from './partition-options';
import { PartitionProgress } from './partition-progress';
import { PartitionQueue } from './partition-queue';
import { isSameTopic, newSession, stateOf } from './partition-session';
import type { PartitionSession } from './partition-session';
import type { PartitionStatus } from './projector-status';
import { isCorrupt, isTransient } from './transient-errors';
import { cutUnit } from './unit-cutter';
import { UnitWriter } from './unit-writer';
import type { DecodedUnit, UnitWriterEvents } from './unit-writer';
import { Wakeup } from './wakeup';

/** A stale fetch may still be on its way after a seek; before this has passed it is not answered by another one. */
const SEEK_AGAIN_MS = 1_000;
/** The log holds more, and nothing has come of it for so long: the client reads elsewhere, or a seek was lost. */
const STALLED_MS = 30_000;

/**
 * One partition of one generation: queue → slice → decode → write, one transaction after the other, the next one decoded while the
 * present one is written. Calls from the consumer are synchronous; the work happens in `run`.
 */
export class PartitionProcessor {
  private session: PartitionSession | null = null;
  private halted: HaltReason | null = null;
  private troubles = 0;
  private working = false;
  private readonly progress: PartitionProgress;
  private readonly pauses: FetchPauses;
  private readonly queue: PartitionQueue;
  private readonly wakeup = new Wakeup();
  private readonly stopping = new AbortController();
  private readonly writer: UnitWriter;

  readonly place: TopicPartition;

  constructor(
    private readonly options: PartitionOptions,
    checkpoint: Checkpoint,
  ) {
    this.place = options.place;
    this.progress = new PartitionProgress(options.surroundings.clock, checkpoint);
    this.pauses = new FetchPauses(options.consumer, options.place);
    const { queueBytes } = options.surroundings.settings;
    this.queue = new PartitionQueue(queueBytes, options.budget, (full) => this.pauses.set('full', full));
    this.writer = new UnitWriter(options, this.stopping.signal);
  }

  /** Returns where to fetch from. */
  assign(assignment: number): Offset {
    this.queue.clear();
    this.pauses.reset();
    this.session = newSession(assignment, this.progress.lastRecord);
    this.progress.heard();
    if (this.queue.isFull) this.pauses.set('full', true);
    if (this.halted !== null) this.pauses.set('halted', true);
    return this.progress.fetchFrom();
  }

  revoke(): void {
    this.session = null;
    this.queue.clear();
  }

  beat(): void {
    if (this.session === null) return;
    this.session.beats += 1;
    this.wakeup.wake();
  }

  push(batch: FetchedBatch, assignment: number): void {
    const { session } = this;
    if (session === null || session.assignment !== assignment || this.halted !== null) return;
    if (!isSameTopic(session, batch)) return this.halt('topic-recreated');
    this.progress.heard();
    if (batch.records.length === 0 && batch.nextOffset <= this.progress.nextOffset) return;
    this.queue.push(batch);
    this.wakeup.wake();
  }

  /** What the database says, looked up regularly. */
  learn(checkpoint: Checkpoint): void {
    this.progress.learn(checkpoint, this.session !== null && this.session.claim !== null);
    const isRelieved = checkpoint.parkedKeys < this.options.surroundings.settings.parkedKeyLimit;
    if (this.halted === 'parked-keys-limit' && isRelieved) this.unhalt();
  }

  /** What the log holds, asked for after the position `knownNext` had been reached. */
  observeRange(range: PartitionRange, knownNext: Offset): void {
    this.progress.endOffset = range.endOffset;
    if (this.session === null || this.halted !== null) return;
    if (range.endOffset < knownNext) return this.halt('topic-recreated');
    if (range.startOffset <= this.progress.nextOffset) return this.unstick(this.session, range);
    if (this.session.claim !== null) return this.halt('history-lost');
    // Somebody else may have come further than we know: the claim tells.
    this.restart(this.session);
  }

  /** Stops the partition until an operator has acted. */
  halt(reason: HaltReason): void {
    if (this.halted !== null) return;
    this.halted = reason;
    this.queue.clear();
    this.pauses.set('halted', true);
    const { generation, surroundings } = this.options;
    surroundings.logger.error({ ...this.place, generation: generation.generation, reason }, `stopped: ${HALT_REASONS[reason]}`);
  }

  position(): Offset {
    return this.progress.nextOffset;
  }

  status(): PartitionStatus {
    const state = this.halted === null ? stateOf(this.session, this.pauses.has('trouble')) : 'halted';
    return { ...this.place, state, ...this.progress.status(), reason: this.halted };
  }

  /** Works until `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.wakeup.wait();
      for (let session = this.session; this.isReady(session); session = this.session) await this.step(session);
    }
  }

  /** The chunk in hand is finished; `run` resolves then. */
  stop(): void {
    this.stopping.abort(new Error('the projector stops'));
    this.wakeup.wake();
  }

  private isReady(session: PartitionSession | null): session is PartitionSession {
    if (session === null || this.halted !== null || this.stopping.signal.aborted) return false;
    if (this.queue.isEmpty && !session.seekDue) return false;
    return session.claim !== null || session.beats >= session.beatsNeeded;
  }

  private isCurrent(session: PartitionSession): boolean {
    return this.session === session && this.halted === null && !this.stopping.signal.aborted;
  }

  private unstick(session: PartitionSession, range: PartitionRange): void {
    if (range.endOffset <= this.progress.nextOffset || this.working || !this.queue.isEmpty || this.pauses.any()) return;
    if (this.progress.silentMs() < STALLED_MS) return;
    this.options.surroundings.logger.warn(this.place, 'nothing comes though the log holds more: fetching again');
    this.progress.heard();
    this.restart(session);
  }

  private async step(session: PartitionSession): Promise<void> {
    this.working = true;
    try {
      if (session.claim === null) await this.claim(session);
      if (session.seekDue && this.isCurrent(session)) this.seekToCheckpoint(session);
      if (this.isCurrent(session)) await this.drain(session);
    } catch (error) {
      await this.recover(session, error);
    } finally {
      this.working = false;
    }
  }

  private async claim(session: PartitionSession): Promise<void> {
    const { store, generation, place, surroundings } = this.options;
    const claim = await store.claim(generation, place, surroundings.settings.owner);
    if (!this.isCurrent(session)) return;
    session.claim = claim;
    this.progress.claimed(claim);
    this.troubles = 0;
    this.pauses.set('trouble', false);
    this.noteParked(claim.parkedKeys);
  }

  private async drain(session: PartitionSession): Promise<void> {
    let unit: DecodedUnit | 'gap' | null = null;
    await this.options.slots.acquire();
    try {
      if (this.isCurrent(session)) unit = await this.prepare(session, this.progress.nextOffset);
      while (unit !== null && unit !== 'gap' && this.isCurrent(session)) unit = await this.writeOne(session, unit);
    } finally {
      this.options.slots.release();
    }
    if (unit === 'gap') await this.closeGap(session);
  }

  /** Returns the next unit, decoded meanwhile in a slot of its own, which takes the place of this one's. */
  private async writeOne(session: PartitionSession, unit: DecodedUnit): Promise<DecodedUnit | null> {
    if (session.claim === null) return null;
    const writing = this.writeInTurn(session, session.claim, unit);
    const [result, ahead] = await Promise.allSettled([writing, this.prepareSoon(session, unit.toOffset)]);
    const next = ahead.status === 'fulfilled' ? ahead.value : null;
    if (next !== null) this.options.slots.release();
    if (result.status === 'rejected') throw result.reason as Error;
    if (result.value === 'written') return next;
    // An assignment that has come meanwhile has a claim and a queue of its own.
    if (this.session === session) this.yieldClaim(session);
    return null;
  }

  /** Whose partition has gone while it waited writes nothing, as if fenced. */
  private writeInTurn(session: PartitionSession, claim: Claim, unit: DecodedUnit): Promise<'written' | 'fenced'> {
    const isCurrent = () => this.isCurrent(session);
    const events: UnitWriterEvents = { isCurrent, committed: (...position) => this.advance(session, ...position) };
    return this.options.turns.take(this.place.partition, async () => (isCurrent() ? this.writer.write(unit, claim, events) : 'fenced'));
  }

  /** Lets the first statements of the present transaction go out before the processor's time is spent on decoding. */
  private async prepareSoon(session: PartitionSession, from: Offset): Promise<DecodedUnit | null> {
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.isCurrent(session) || this.queue.isEmpty || !this.options.slots.tryAcquire()) return null;
    const unit = await this.prepare(session, from);
    if (unit !== null && unit !== 'gap') return unit;
    this.options.slots.release();
    // A gap is looked into once everything before it is committed.
    if (unit === 'gap') this.restart(session);
    return null;
  }

  private async prepare(session: PartitionSession, from: Offset): Promise<DecodedUnit | 'gap' | null> {
    const { topicPrefix, settings } = this.options.surroundings;
    const cut = cutUnit(this.queue, from, settings);
    if (cut.kind === 'empty') return null;
    if (cut.kind === 'ahead') return 'gap';
    const decode = () => decodeRecordsSoon({ ...this.place, prefix: topicPrefix }, cut.records, () => this.isCurrent(session));
    const decoded = await this.options.turns.take('decoding', decode);
    return decoded && { ...cut, decoded };
  }

  /** The client started beyond the checkpoint: what lies between is either gone from the log, or a seek away. */
  private async closeGap(session: PartitionSession): Promise<void> {
    const { clock } = this.options.surroundings;
    if (clock.nowMs() - session.soughtMs < SEEK_AGAIN_MS) return;
    const range = await this.options.range();
    if (!this.isCurrent(session)) return;
    if (range !== null && range.startOffset > this.progress.nextOffset) return this.halt('history-lost');
    this.seekToCheckpoint(session);
  }

  private seekToCheckpoint(session: PartitionSession): void {
    this.queue.clear();
    session.seekDue = false;
    session.soughtMs = this.options.surroundings.clock.nowMs();
    this.progress.heard();
    this.options.consumer.seek({ ...this.place, nextOffset: this.progress.nextOffset });
  }

  private advance(session: PartitionSession, nextOffset: Offset, parkedKeys: number | null): void {
    if (this.session !== session && this.session !== null) return;
    this.progress.committed(nextOffset);
    if (parkedKeys !== null) this.noteParked(parkedKeys);
  }

  private noteParked(parkedKeys: number): void {
    this.progress.parkedKeys = parkedKeys;
    if (parkedKeys >= this.options.surroundings.settings.parkedKeyLimit) this.halt('parked-keys-limit');
  }

  /** Another owner moved the checkpoint. Whether the partition is still ours, the next HEARTBEAT tells. */
  private yieldClaim(session: PartitionSession): void {
    session.claim = null;
    session.beatsNeeded = session.beats + 1;
    this.restart(session);
  }

  private restart(session: PartitionSession): void {
    this.queue.clear();
    session.seekDue = true;
    this.wakeup.wake();
  }

  private unhalt(): void {
    this.halted = null;
    this.pauses.set('halted', false);
    if (this.session !== null) this.yieldClaim(this.session);
  }

  /** Transient: let go of everything, wait, begin anew at the checkpoint. Anything else stops the partition. */
  private async recover(session: PartitionSession, error: unknown): Promise<void> {
    if (!this.isCurrent(session)) return;
    const { settings, clock, logger } = this.options.surroundings;
    if (!isTransient(error)) {
      logger.error({ ...this.place, reason: String(error), error }, 'a chunk can not be written');
      return this.halt(isCorrupt(error) ? 'store-corrupt' : 'internal-error');
    }
    session.claim = null;
    this.restart(session);
    this.pauses.set('trouble', true);
    const delayMs = backoffDelayMs(settings.pauseBackoff, this.troubles);
    this.troubles += 1;
    logger.warn({ ...this.place, code: error.code, delayMs }, 'the partition pauses: writing keeps failing');
    await clock.sleep(delayMs, this.stopping.signal).catch(() => undefined);
  }
}
