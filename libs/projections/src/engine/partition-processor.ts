import type { FetchedBatch, PartitionRange, TopicPartition } from '@harvest/contracts';
import { backoffDelayMs, isHarvestError } from '@harvest/kernel';
import type { Offset } from '@harvest/kernel';
import type { Checkpoint, RecordFingerprint } from '@harvest/read-models';
import { decodeRecords } from './decoded-records';
import { HALT_REASONS } from './partition-halt';
import type { HaltReason } from './partition-halt';
import type { PartitionOptions } from './partition-options';
import { PartitionQueue } from './partition-queue';
import { isSameTopic, newSession } from './partition-session';
import type { PartitionSession } from './partition-session';
import type { PartitionStatus } from './projector-status';
import { cutUnit } from './unit-cutter';
import { UnitWriter } from './unit-writer';
import type { DecodedUnit } from './unit-writer';
import { Wakeup } from './wakeup';

/** A stale fetch may still be on its way after a seek; before this has passed it is not answered by another one. */
const SEEK_AGAIN_MS = 1_000;

/**
 * One partition of one generation: queue → slice → decode → write, one transaction after the other, the next one decoded while the
 * present one is written. Calls from the consumer are synchronous; the work happens in `run`.
 */
export class PartitionProcessor {
  private session: PartitionSession | null = null;
  private nextOffset: Offset;
  private lastRecord: RecordFingerprint | null;
  private parkedKeys: number;
  private endOffset: Offset | null = null;
  private advancedMs: number;
  private halted: HaltReason | null = null;
  private troubles = 0;
  private readonly pauses = new Set<'full' | 'trouble' | 'halted'>();
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
    this.nextOffset = checkpoint.nextOffset;
    this.lastRecord = checkpoint.lastRecord;
    this.parkedKeys = checkpoint.parkedKeys;
    this.advancedMs = options.surroundings.clock.nowMs();
    const { queueBytes } = options.surroundings.settings;
    this.queue = new PartitionQueue(queueBytes, options.budget, (full) => this.setPause('full', full));
    this.writer = new UnitWriter(options, this.stopping.signal);
  }

  /** Returns where to fetch from: the last record applied, so that it is seen to be the same still; else the checkpoint. */
  assign(assignment: number): Offset {
    this.queue.clear();
    this.pauses.clear();
    const { lastRecord, nextOffset } = this;
    this.session = newSession(assignment, lastRecord);
    if (this.queue.isFull) this.setPause('full', true);
    if (this.halted !== null) this.setPause('halted', true);
    return lastRecord === null || lastRecord.offset > nextOffset ? nextOffset : lastRecord.offset;
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
    if (batch.records.length === 0 && batch.nextOffset <= this.nextOffset) return;
    this.queue.push(batch);
    this.wakeup.wake();
  }

  /** What the database says, looked up regularly. While a claim is held, what was committed here is newer. */
  learn(checkpoint: Checkpoint): void {
    this.parkedKeys = checkpoint.parkedKeys;
    this.lastRecord = checkpoint.lastRecord;
    if (this.session === null || this.session.claim === null) {
      if (checkpoint.nextOffset !== this.nextOffset) this.advancedMs = this.options.surroundings.clock.nowMs();
      this.nextOffset = checkpoint.nextOffset;
    }
    if (this.halted === 'parked-keys-limit' && checkpoint.parkedKeys < this.options.surroundings.settings.parkedKeyLimit) this.unhalt();
  }

  /** What the log holds, asked for after the position `knownNext` had been reached. */
  observeRange(range: PartitionRange, knownNext: Offset): void {
    this.endOffset = range.endOffset;
    if (this.session === null || this.halted !== null) return;
    if (range.endOffset < knownNext) return this.halt('topic-recreated');
    if (range.startOffset <= this.nextOffset) return;
    if (this.session.claim !== null) return this.halt('history-lost');
    // Somebody else may have come further than we know: the claim tells.
    this.restart(this.session);
    this.wakeup.wake();
  }

  /** Stops the partition until an operator has acted. */
  halt(reason: HaltReason): void {
    if (this.halted !== null) return;
    this.halted = reason;
    this.queue.clear();
    this.setPause('halted', true);
    const { logger, metrics } = this.options.surroundings;
    metrics.partitionsHalted.inc({ reason });
    logger.error({ ...this.place, generation: this.options.generation.generation, reason }, `stopped: ${HALT_REASONS[reason]}`);
  }

  position(): Offset {
    return this.nextOffset;
  }

  status(): PartitionStatus {
    const { nextOffset, endOffset } = this;
    const lagRecords = endOffset === null ? null : Number(endOffset > nextOffset ? endOffset - nextOffset : 0n);
    const { advancedMs, parkedKeys, halted: reason } = this;
    return { ...this.place, state: this.state(), nextOffset, endOffset, lagRecords, parkedKeys, advancedMs, reason };
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

  private state(): PartitionStatus['state'] {
    if (this.halted !== null) return 'halted';
    if (this.session === null) return 'unassigned';
    if (this.pauses.has('trouble')) return 'paused';
    return this.session.claim === null ? 'assigned' : 'claimed';
  }

  private isReady(session: PartitionSession | null): session is PartitionSession {
    if (session === null || this.halted !== null || this.stopping.signal.aborted) return false;
    if (this.queue.isEmpty && !session.seekDue) return false;
    return session.claim !== null || session.beats >= session.beatsNeeded;
  }

  private isCurrent(session: PartitionSession): boolean {
    return this.session === session && this.halted === null && !this.stopping.signal.aborted;
  }

  private async step(session: PartitionSession): Promise<void> {
    try {
      if (session.claim === null) await this.claim(session);
      if (session.seekDue && this.isCurrent(session)) this.seekToCheckpoint(session);
      if (this.isCurrent(session)) await this.drain(session);
    } catch (error) {
      await this.recover(session, error);
    }
  }

  private async claim(session: PartitionSession): Promise<void> {
    const { store, generation, place, surroundings } = this.options;
    const claim = await store.claim(generation, place, surroundings.settings.owner);
    if (!this.isCurrent(session)) return;
    session.claim = claim;
    this.nextOffset = claim.nextOffset;
    this.lastRecord = claim.lastRecord;
    this.troubles = 0;
    this.setPause('trouble', false);
    this.noteParked(claim.parkedKeys);
  }

  private async drain(session: PartitionSession): Promise<void> {
    let unit = await this.prepare(session, this.nextOffset);
    while (unit !== null && session.claim !== null && this.isCurrent(session)) {
      const writing = this.writer.write(unit, session.claim, {
        committed: (nextOffset, parkedKeys) => this.advance(session, nextOffset, parkedKeys),
        isCurrent: () => this.isCurrent(session),
      });
      const [result, next] = await Promise.all([writing, this.prepareSoon(session, unit.toOffset)]);
      if (result === 'fenced') return this.yieldClaim(session);
      unit = next;
    }
  }

  /** Lets the first statements of the present transaction go out before the processor's time is spent on decoding. */
  private async prepareSoon(session: PartitionSession, from: Offset): Promise<DecodedUnit | null> {
    await new Promise((resolve) => setImmediate(resolve));
    // A gap is looked into only once everything before it is committed.
    const head = this.queue.head();
    if (!this.isCurrent(session) || head === undefined || head.fetchedOffset > from) return null;
    return this.prepare(session, from);
  }

  private async prepare(session: PartitionSession, from: Offset): Promise<DecodedUnit | null> {
    const { place, surroundings } = this.options;
    const cut = cutUnit(this.queue, from, surroundings.settings);
    if (cut.kind === 'empty') return null;
    if (cut.kind === 'ahead') {
      await this.closeGap(session);
      return null;
    }
    return { ...cut, decoded: decodeRecords({ ...place, prefix: surroundings.topicPrefix }, cut.records) };
  }

  /** The client started beyond the checkpoint: what lies between is either gone from the log, or a seek away. */
  private async closeGap(session: PartitionSession): Promise<void> {
    const { clock } = this.options.surroundings;
    if (clock.nowMs() - session.soughtMs < SEEK_AGAIN_MS) return;
    const range = await this.options.range();
    if (!this.isCurrent(session)) return;
    if (range !== null && range.startOffset > this.nextOffset) return this.halt('history-lost');
    this.seekToCheckpoint(session);
  }

  private seekToCheckpoint(session: PartitionSession): void {
    this.queue.clear();
    session.seekDue = false;
    session.soughtMs = this.options.surroundings.clock.nowMs();
    this.options.consumer.seek({ ...this.place, nextOffset: this.nextOffset });
  }

  private advance(session: PartitionSession, nextOffset: Offset, parkedKeys: number | null): void {
    this.advancedMs = this.options.surroundings.clock.nowMs();
    if (this.session !== session && this.session !== null) return;
    if (nextOffset > this.nextOffset) this.nextOffset = nextOffset;
    if (parkedKeys !== null) this.noteParked(parkedKeys);
  }

  private noteParked(parkedKeys: number): void {
    this.parkedKeys = parkedKeys;
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
  }

  private unhalt(): void {
    if (this.halted === null) return;
    this.options.surroundings.metrics.partitionsHalted.dec({ reason: this.halted });
    this.halted = null;
    this.setPause('halted', false);
    if (this.session === null) return;
    this.session.claim = null;
    this.restart(this.session);
    this.wakeup.wake();
  }

  /** Transient: let go of everything, wait, begin anew at the checkpoint. Anything else stops the partition. */
  private async recover(session: PartitionSession, error: unknown): Promise<void> {
    if (!this.isCurrent(session)) return;
    const { settings, clock, logger } = this.options.surroundings;
    if (!isHarvestError(error) || !error.retriable) {
      logger.error({ ...this.place, reason: String(error), error }, 'a chunk can not be written');
      return this.halt(isHarvestError(error) && error.code === 'store-corrupt' ? 'store-corrupt' : 'internal-error');
    }
    session.claim = null;
    this.restart(session);
    this.setPause('trouble', true);
    const delayMs = backoffDelayMs(settings.pauseBackoff, this.troubles);
    this.troubles += 1;
    logger.warn({ ...this.place, code: error.code, delayMs }, 'the partition pauses: writing keeps failing');
    await clock.sleep(delayMs, this.stopping.signal).catch(() => undefined);
  }

  private setPause(reason: 'full' | 'trouble' | 'halted', on: boolean): void {
    const paused = this.pauses.size > 0;
    if (on) this.pauses.add(reason);
    else this.pauses.delete(reason);
    if (paused === this.pauses.size > 0 || this.session === null) return;
    if (paused) this.options.consumer.resume(this.place);
    else this.options.consumer.pause(this.place);
  }
}
