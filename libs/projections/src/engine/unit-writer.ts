import type { LogRecord } from '@harvest/contracts';
import { backoffDelayMs, isHarvestError, noFaults } from '@harvest/kernel';
import type { FaultPoint, Offset } from '@harvest/kernel';
import type { ApplyOutcome, Claim, OutcomeCounts } from '@harvest/read-models';
import type { DecodedRecords } from './decoded-records';
import type { PartitionOptions } from './partition-options';
import { ProjectionChunk } from './projection-chunk';
import type { Unit } from './unit-cutter';
import { writeBisecting } from './write-bisecting';
import type { WrittenPart } from './write-bisecting';

export interface DecodedUnit extends Unit {
  readonly decoded: DecodedRecords;
}

export interface UnitWriterEvents {
  /** Everything before `nextOffset` is committed. */
  committed(nextOffset: Offset, parkedKeys: number | null): void;
  /** False: somebody else may own the partition by now; trying again is pointless. */
  isCurrent(): boolean;
}

/** Writes units under a claim, patiently; tells the metrics and whoever waits for commits. */
export class UnitWriter {
  constructor(
    private readonly options: PartitionOptions,
    private readonly signal: AbortSignal,
  ) {}

  /** Rejects when a transient fault outlasts all attempts, and with every other fault at once. */
  async write(unit: DecodedUnit, claim: Claim, events: UnitWriterEvents): Promise<'written' | 'fenced'> {
    const { settings, clock, logger } = this.options.surroundings;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.writeOnce(unit, claim, events);
      } catch (error) {
        const patient = isHarvestError(error) && error.retriable && attempt < settings.writeAttempts && events.isCurrent();
        if (!patient) throw error;
        logger.warn({ ...this.options.place, code: error.code, attempt }, 'a chunk could not be written; trying again');
      }
      await clock.sleep(backoffDelayMs(settings.writeBackoff, attempt), this.signal);
    }
  }

  private async writeOnce(unit: DecodedUnit, claim: Claim, events: UnitWriterEvents): Promise<'written' | 'fenced'> {
    const { metrics } = this.options.surroundings;
    const { topic } = this.options.place;
    const startedMs = performance.now();
    await this.reach('after-fetch', unit.decoded);
    const result = unit.records.length === 0 ? await this.passMarkers(unit, claim, events) : await this.writeRecords(unit, claim, events);
    if (result === 'fenced') {
      metrics.fencedTotal.inc({ topic });
      return result;
    }
    metrics.batchSeconds.observe({ topic }, (performance.now() - startedMs) / 1000);
    metrics.batchRecords.observe({ topic }, unit.records.length);
    if (unit.decoded.suspiciousScores > 0) metrics.suspiciousScoresTotal.inc(unit.decoded.suspiciousScores);
    return result;
  }

  private writeRecords(unit: DecodedUnit, claim: Claim, events: UnitWriterEvents): Promise<'written' | 'fenced'> {
    const { records } = unit;
    const boundary = (at: number): Offset => {
      if (at === 0) return unit.fromOffset;
      return at === records.length ? unit.toOffset : (records[at] as LogRecord).offset;
    };
    let from = unit.fromOffset;
    return writeBisecting(unit.decoded, {
      write: (decoded, first, end) => this.apply(decoded, claim, { fromOffset: boundary(first), toOffset: boundary(end) }),
      written: async (part, end) => {
        await this.announce({ fromOffset: from, toOffset: boundary(end) }, part, events);
        from = boundary(end);
      },
    });
  }

  private apply(decoded: DecodedRecords, claim: Claim, span: { fromOffset: Offset; toOffset: Offset }): Promise<ApplyOutcome> {
    const { generation, surroundings, store } = this.options;
    const { byFamily, default: usual } = surroundings.settings.onPoison;
    const onPoison = byFamily[decoded.family] ?? usual;
    return store.apply(new ProjectionChunk(decoded, { generation, epoch: claim.epoch, ...span, onPoison }));
  }

  private async passMarkers(unit: DecodedUnit, claim: Claim, events: UnitWriterEvents): Promise<'written' | 'fenced'> {
    const { generation, place, store } = this.options;
    const { fromOffset, toOffset } = unit;
    const outcome = await store.advance({ generation, ...place, epoch: claim.epoch, fromOffset, toOffset });
    if (outcome.kind === 'fenced') return 'fenced';
    await this.announce(unit, { outcomes: null, parkedKeys: null }, events);
    return 'written';
  }

  private async announce(span: { fromOffset: Offset; toOffset: Offset }, part: WrittenPart, events: UnitWriterEvents): Promise<void> {
    await this.reach('after-commit-before-announcing', null);
    const { place, generation, onCommitted } = this.options;
    if (part.outcomes !== null) this.countOutcomes(part.outcomes);
    events.committed(span.toOffset, part.parkedKeys);
    onCommitted({ ...place, generation, fromOffset: span.fromOffset, nextOffset: span.toOffset, outcomes: part.outcomes });
  }

  private countOutcomes(outcomes: OutcomeCounts): void {
    const { metrics } = this.options.surroundings;
    for (const [outcome, count] of Object.entries(outcomes) as [keyof OutcomeCounts, number][])
      if (count > 0) metrics.eventsTotal.inc({ topic: this.options.place.topic, outcome: OUTCOME_LABELS[outcome] }, count);
  }

  /** Once per type in the chunk, so that a fault can be armed for one type. Costs nothing unless a fault is armed. */
  private async reach(point: FaultPoint, decoded: DecodedRecords | null): Promise<void> {
    const { faults } = this.options.surroundings;
    if (faults === noFaults) return;
    const { topic } = this.options.place;
    const types = new Set(decoded?.facts.map((fact) => (fact?.event.kind === 'event' ? fact.event.type : 'tombstone')));
    if (types.size === 0) await faults.reach(point, { topic });
    for (const type of types) await faults.reach(point, { topic, type });
  }
}

const OUTCOME_LABELS: Readonly<Record<keyof OutcomeCounts, string>> = {
  projected: 'projected',
  superseded: 'superseded',
  sequenceMissing: 'sequence-missing',
  ignored: 'ignored',
  parked: 'parked',
  deadLettered: 'dead-lettered',
};
