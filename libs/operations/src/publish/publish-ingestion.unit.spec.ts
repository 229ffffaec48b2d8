import type { AppendedRecord, LogAdmin, LogAppender, RecordToAppend } from '@harvest/contracts';
import { decode, encodeEvent } from '@harvest/contracts';
import type { Clock } from '@harvest/kernel';
import { HarvestError, toOffset } from '@harvest/kernel';
import { silentProgress } from '../ports/progress-sink.port';
import type { IngestionItem } from './publish-ingestion';
import { IngestionPublisher } from './publish-ingestion';

const PREFIX = 'signals.';

/** One partition per topic, in memory; `fail` decides before each append whether it is refused, with or without having been written. */
class MemoryLog implements LogAppender, Pick<LogAdmin, 'ranges'> {
  readonly records: RecordToAppend[] = [];
  private readonly ends = new Map<string, bigint>();
  private appends = 0;

  constructor(private readonly fail: (append: number) => 'before' | 'after' | null = () => null) {}

  async append(records: readonly RecordToAppend[]): Promise<readonly AppendedRecord[]> {
    this.appends += 1;
    const failure = this.fail(this.appends);
    if (failure === 'before') throw unreachable();
    const positions = records.map((record) => this.write(record));
    if (failure === 'after') throw unreachable();
    return Promise.resolve(positions);
  }

  ranges(topics: readonly string[]) {
    return Promise.resolve(
      topics.map((topic) => ({ topic, partition: 0, startOffset: toOffset(0), endOffset: toOffset(this.ends.get(topic) ?? 0n) })),
    );
  }

  events() {
    return this.records.map((record) => {
      const family = record.topic.slice(PREFIX.length, -3) as 'artifacts';
      const event = decode(record, { family });
      if (event.kind !== 'event') throw new Error(`not an event: ${JSON.stringify(event)}`);
      return event;
    });
  }

  private write(record: RecordToAppend): AppendedRecord {
    const end = this.ends.get(record.topic) ?? 0n;
    this.ends.set(record.topic, end + 1n);
    this.records.push(record);
    return { topic: record.topic, partition: 0, offset: toOffset(end) };
  }
}

function unreachable(): HarvestError {
  return new HarvestError({ code: 'log-unreachable', message: 'no broker', retriable: true });
}

function fakeClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

function scores(count: number): IngestionItem[] {
  return Array.from({ length: count }, (_, index) => {
    const payload = { artifactId: `a:${index % 7}`, discoveryScore: index % 101 };
    return {
      type: 'score.computed',
      record: encodeEvent({ type: 'score.computed', payload, id: `${index}`, source: 't' }, { topicPrefix: PREFIX }),
    };
  });
}

const TUNING = { batchRecords: 10, maxInFlight: 3, progressEveryRecords: 30, retryForMs: 60_000 };

function publish(log: MemoryLog, items: Iterable<IngestionItem>, writtenBefore: Record<string, number> | null = null) {
  const publisher = new IngestionPublisher(log as unknown as LogAppender & LogAdmin, fakeClock(), silentProgress, TUNING);
  return publisher.publish({ ingestionId: 'i', source: 's', topicPrefix: PREFIX, expected: null, items, writtenBefore });
}

function lastScores(log: MemoryLog): Record<string, number> {
  const last: Record<string, number> = {};
  for (const event of log.events()) if (event.type === 'score.computed') last[event.subject] = event.payload.discoveryScore;
  return last;
}

describe('an ingestion', () => {
  it('is started, progressed and completed, with a manifest of the last offsets', async () => {
    const log = new MemoryLog();
    const receipt = await publish(log, scores(95));
    const types = log.events().map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(['ingestion.started', 'ingestion.completed']);
    expect(types.filter((type) => type === 'ingestion.progressed').length).toBeGreaterThanOrEqual(2);
    expect(receipt).toMatchObject({ counts: { 'score.computed': 95 }, recordsWritten: 95, manifest: { 'signals.scores.v1': { 0: 94 } } });
    expect(log.events().at(-1)?.payload).toMatchObject({ counts: receipt.counts, manifest: receipt.manifest });
  });

  it('says of progress only what the log has acknowledged, all of it from the start on', async () => {
    const log = new MemoryLog();
    await publish(log, scores(95));
    let written = 0;
    const surpluses: number[] = [];
    for (const event of log.events()) {
      if (event.type === 'score.computed') written += 1;
      if (event.type === 'ingestion.progressed') surpluses.push(written - (event.payload.counts['score.computed'] ?? 0));
    }
    expect(surpluses.length).toBeGreaterThan(1);
    expect(Math.min(...surpluses)).toBeGreaterThanOrEqual(0);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'survives append %i failing before or after it was written: nothing lost, last one wins',
    async (at) => {
      const undisturbed = new MemoryLog();
      await publish(undisturbed, scores(60));
      for (const how of ['before', 'after'] as const) {
        const log = new MemoryLog((append) => (append === at ? how : null));
        await publish(log, scores(60));
        expect(lastScores(log)).toEqual(lastScores(undisturbed));
        expect(
          new Set(log.records.filter(({ topic }) => topic.includes('scores')).map(({ headers }) => String(headers['ce_id']))).size,
        ).toBe(60);
      }
    },
  );

  it('gives up on a log that stays away, and says so in the ingestion when it can', async () => {
    const log = new MemoryLog((append) => (append > 3 ? 'before' : null));
    await expect(publish(log, scores(95))).rejects.toMatchObject({ code: 'log-unreachable' });
  });

  it('fails as an ingestion when its source breaks', async () => {
    const log = new MemoryLog();
    const broken = (function* () {
      yield* scores(15);
      throw new Error('the file was cut short');
    })();
    await expect(publish(log, broken)).rejects.toThrow('cut short');
    expect(log.events().at(-1)).toMatchObject({ type: 'ingestion.failed', payload: { error: 'the file was cut short' } });
  });

  it.each([0, 30, 60])(
    'goes on after %i reported records: every record at least once, the same last ones, ends covered',
    async (reported) => {
      const undisturbed = new MemoryLog();
      await publish(undisturbed, scores(95));
      const log = new MemoryLog();
      await log.append(
        scores(95)
          .slice(0, 65)
          .map(({ record }) => record),
      );
      const receipt = await publish(log, scores(95), { 'score.computed': reported });
      expect(receipt.counts).toEqual({ 'score.computed': 95 });
      expect(receipt.recordsWritten).toBe(95 - reported);
      expect(lastScores(log)).toEqual(lastScores(undisturbed));
      expect(receipt.manifest['signals.scores.v1']?.[0]).toBe(65 + 95 - reported - 1);
    },
  );

  it('covers what a killed run wrote even when nothing is left to write', async () => {
    const log = new MemoryLog();
    await log.append(scores(20).map(({ record }) => record));
    const receipt = await publish(log, scores(20), { 'score.computed': 20 });
    expect(receipt).toMatchObject({ recordsWritten: 0, manifest: { 'signals.scores.v1': { 0: 19 } } });
  });
});
