import { silentProgress, VerifyOperation, type GenerationVerification } from '@harvest/operations';
import type { Feeder } from './feeder';
import type { House } from './house';
import { setCommits } from './faults/commits';
import { sleep, waitUntil } from './wait-until';
import { INSERT_ONLY, type Workload } from './workload';
import type { Readers } from './readers';

export interface Ledger {
  /** What was fed of the insert-only source, its rows, and what is counted of it. */
  readonly fed: number;
  readonly rows: number;
  readonly counted: number;
  readonly answered: number;
}

export interface Proof {
  readonly recordsInLog: number;
  readonly ledger: Ledger;
  readonly lost: number;
  readonly doubled: number;
  readonly first: GenerationVerification;
  readonly again: GenerationVerification;
  readonly deadLetters: { readonly poison: number; readonly waiting: number; readonly missing: number; readonly unexpected: number };
  readonly ingestions: { readonly complete: number; readonly others: readonly string[] };
}

/** Everything fed is projected; then it is held against the log, the feeder's own books, and a second start. */
export async function prove(house: House, parts: { feeder: Feeder; workload: Workload; readers: Readers }): Promise<Proof> {
  const { feeder, workload, readers } = parts;
  const ingestions = await decided(readers, feeder);
  const ledger = await balance(house, workload, readers);
  const first = await verifyHouse(house);
  await startAgainFromZero(house);
  const again = await verifyHouse(house);
  const rows = (kind: string) => first.differences.filter((difference) => difference.kind === kind).length;
  return {
    recordsInLog: await countRecords(house),
    ledger,
    lost: Math.max(0, ledger.fed - ledger.rows, ledger.fed - ledger.counted) + rows('missing'),
    doubled: Math.max(0, ledger.rows - ledger.fed, ledger.counted - ledger.fed) + rows('twice') + rows('unexpected'),
    first,
    again,
    deadLetters: await deadLetters(house, feeder),
    ingestions,
  };
}

export function verifyHouse(house: House): Promise<GenerationVerification> {
  const { generations, verification } = house.store;
  const operation = new VerifyOperation(house.log, generations, verification, silentProgress);
  return operation.run({ generation: null, topicPrefix: house.options.topicPrefix, onPoison: () => 'park' });
}

async function balance(house: House, workload: Workload, readers: Readers): Promise<Ledger> {
  const { rows } = await house.database.one<{ rows: string }>(
    'SELECT count(*) AS rows FROM read_1.discovery WHERE source = $1 AND discovery_score IS NOT NULL',
    [INSERT_ONLY],
  );
  const { counted } = await house.database.one<{ counted: string }>(
    'SELECT coalesce(sum(discoveries), 0) AS counted FROM read_1.count_by_kind WHERE source = $1',
    [INSERT_ONLY],
  );
  const fed = workload.insertOnly;
  const answered = await waitUntil({ what: 'the api answers with the final total', timeoutMs: 10_000 }, async () =>
    (await readers.freshTotal()) === fed ? fed : null,
  ).catch(() => readers.freshTotal());
  return { fed, rows: Number(rows), counted: Number(counted), answered };
}

async function countRecords(house: House): Promise<number> {
  const ranges = await house.log.ranges(house.topics);
  return ranges.reduce((sum, { startOffset, endOffset }) => sum + Number(endOffset - startOffset), 0);
}

/** The group's commits say "begin at the start": every record is delivered again, and nothing may change. */
async function startAgainFromZero(house: House): Promise<void> {
  await house.fleet.main?.end('SIGTERM');
  await house.group.emptied(20_000);
  await setCommits(house, house.hotTopics[0] ?? '', 'back');
  await house.fleet.ensureMain();
  await sleep(3_000);
}

interface SetAside {
  readonly topic: string;
  readonly partition: number;
  readonly at: string;
  readonly kind: 'poison' | 'waiting';
}

async function deadLetters(house: House, feeder: Feeder): Promise<Proof['deadLetters']> {
  const rows = await house.database.rows<SetAside>(
    'SELECT topic, partition, log_offset AS at, kind FROM harvest.dead_letter WHERE generation = 1',
  );
  const of = (wanted: string) =>
    new Set(rows.filter(({ kind }) => kind === wanted).map(({ topic, partition, at }) => `${topic}/${partition}@${at}`));
  const [poison, waiting] = [of('poison'), of('waiting')];
  const missing = [...feeder.poison.difference(poison), ...feeder.waiting.difference(waiting)].length;
  const unexpected = [...poison.difference(feeder.poison), ...waiting.difference(feeder.waiting)].length;
  return { poison: poison.size, waiting: waiting.size, missing, unexpected: Math.max(0, unexpected - feeder.uncertainSetAside) };
}

/** Every ingestion that was completed passes its barrier. */
async function decided(readers: Readers, feeder: Feeder): Promise<Proof['ingestions']> {
  const states = await Promise.all(
    feeder.ingestions.map((id) =>
      waitUntil({ what: `${id} is decided`, timeoutMs: 20_000, everyMs: 500 }, async () => {
        const { state } = await readers.ingestion(id);
        return ['announced', 'running', 'pending'].includes(state) ? null : state;
      }).catch((error: Error) => error.message),
    ),
  );
  const others = states.flatMap((state, index) => (state === 'complete' ? [] : [`${feeder.ingestions[index]}: ${state}`]));
  return { complete: states.length - others.length, others };
}
