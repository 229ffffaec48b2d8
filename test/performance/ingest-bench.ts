import type { ArtifactObserved, EventLog, RecordToAppend } from '@harvest/contracts';
import { currentDefinitions } from '@harvest/projections';
import type { Client } from 'pg';
import { Capture } from './capture';
import { BackendCosts, EngineUnderTest, type Spent } from './engine-under-test';
import { factsOf, rescoresOf } from './facts';
import { openInstallation, type Installation } from './installation';
import { Naive } from './naive';
import { peakRssMb } from './process-costs';
import type { ProductProcess } from './product-process';
import { prepareCheckpoints } from './projector-material';
import { publish, publishAndRead } from './publish';
import { Replay } from './replay';
import { type ContentHash, fixed, type Metric, perSecond, type Report, spreadText } from './report';
import { median } from './statistics';

/** The first warms everything up (code is compiled, heaps grow, files are made), and is shown, but not counted: steady is what follows. */
const WARM_UP = 1;
const COUNTED = 5;
const ROUNDS = WARM_UP + COUNTED;
const NAIVE_EVENTS = 5_000;
const NAIVE_RUNS = 4;
const RESCORED_ARTIFACTS = 20_000;

export interface IngestOptions {
  readonly server: string;
  readonly house: Installation;
  readonly log: EventLog;
  readonly projector: ProductProcess;
  readonly artifacts: readonly ArtifactObserved[];
  readonly report: Report;
}

/** One round's figures: events per second and processor time per event, in µs. */
interface Round {
  readonly replayRate: number;
  readonly replayUs: number;
  readonly naiveRate: number;
  readonly fresh: Cost;
  readonly again: Cost;
}

interface Cost {
  readonly rate: number;
  readonly processUs: number;
  readonly backendsUs: number;
}

const costOf = ({ wallMs, processUs, backendsUs }: Spent, events: number): Cost => ({
  rate: (events / wallMs) * 1000,
  processUs: processUs / events,
  backendsUs: backendsUs / events,
});

/** Only fills the tables: what questions are measured on. */
export async function fill({ house, log, projector, artifacts }: IngestOptions): Promise<void> {
  const engine = await EngineUnderTest.open(projector, log, house);
  await engine.layOut(() => publish(log, factsOf(artifacts, house.topicPrefix)));
  await engine.run();
  await engine.close();
}

export class IngestBench {
  private readonly rounds: Round[] = [];
  private readonly rescored: Cost[] = [];
  private readonly hashes: ContentHash[] = [];

  private constructor(
    private readonly options: IngestOptions,
    private readonly engine: EngineUnderTest,
    private readonly calibrators: Calibrators,
  ) {}

  static async run(options: IngestOptions): Promise<void> {
    const { server, house, log, projector } = options;
    const calibrators = await Calibrators.open(server, house.topicPrefix);
    const engine = await EngineUnderTest.open(projector, log, house);
    try {
      await new IngestBench(options, engine, calibrators).measure();
    } finally {
      await engine.close();
      await calibrators.close();
    }
  }

  private async measure(): Promise<void> {
    const { artifacts, report, house, projector } = this.options;
    const size = Math.ceil(artifacts.length / ROUNDS);
    for (let round = 0; round < ROUNDS; round += 1) await this.round(artifacts.slice(round * size, (round + 1) * size), round);
    const again = await hashesOf('the same facts again', house);
    this.hashes.push(...(await hashesOf('steady ingest, chunk by chunk', this.calibrators.capture.installation)));
    report.compareHashes([...this.hashes, ...again]);
    for (let round = 1; round <= COUNTED; round += 1) await this.rescore(round);
    report.add(...this.metrics(), projectorMemory(peakRssMb(projector.pid)));
  }

  /** The order turns from round to round, so that neither always finds the caches warm. */
  private async round(artifacts: readonly ArtifactObserved[], round: number): Promise<void> {
    const { house, log, report } = this.options;
    const records = factsOf(artifacts, house.topicPrefix);
    const runs = await this.engine.layOut(() => publishAndRead(log, records, house.topicPrefix));
    const chunks = await this.calibrators.capture.run(runs);
    const replay = async () => this.calibrators.runReplay(chunks);
    const replayedBefore = round % 2 === 0 ? await replay() : null;
    const fresh = costOf(await this.engine.run(), records.length);
    const replayed = replayedBefore ?? (await replay());
    const naiveMs = await this.calibrators.naive.run(runs, NAIVE_EVENTS / COUNTED / NAIVE_RUNS);
    if (round === ROUNDS - 1) this.hashes.push(...(await hashesOf('steady ingest', house)));
    const again = await this.publishAgain(records);
    const naiveRate = (NAIVE_EVENTS / COUNTED / naiveMs) * 1000;
    const replayRate = (records.length / replayed.wallMs) * 1000;
    this.rounds.push({ replayRate, replayUs: replayed.cpuUs / records.length, naiveRate, fresh, again });
    report.progress(
      `round ${round + 1}: fresh ${perSecond(fresh.rate)} (${fixed(fresh.processUs)} + ${fixed(fresh.backendsUs)} µs), ` +
        `C1 ${perSecond(replayRate)}, C0 ${perSecond(naiveRate)}, again ${perSecond(again.rate)}`,
    );
  }

  private async publishAgain(records: readonly RecordToAppend[]): Promise<Cost> {
    await this.engine.layOut(() => publish(this.options.log, records));
    return costOf(await this.engine.run(), records.length);
  }

  private async rescore(round: number): Promise<void> {
    const { house, log, artifacts } = this.options;
    const records = rescoresOf(artifacts.slice(0, RESCORED_ARTIFACTS), round, house.topicPrefix);
    await this.engine.layOut(() => publish(log, records));
    this.rescored.push(costOf(await this.engine.run(), records.length));
  }

  private metrics(): readonly Metric[] {
    const steady = this.rounds.slice(WARM_UP);
    const rates = steady.map(({ fresh }) => fresh.rate);
    const byReplay = steady.map(({ fresh, replayRate }) => fresh.rate / replayRate);
    const byNaive = steady.map(({ fresh, naiveRate }) => fresh.rate / naiveRate);
    const byAgain = steady.map(({ fresh, again }) => again.rate / fresh.rate);
    const figure = perSecond(median(rates));
    const spread = spreadText(rates, perSecond);
    const replayUs = median(steady.map((round) => round.replayUs));
    return [
      {
        ...{ name: 'steady-ingest', figure, spread, ratio: `${fixed(median(byReplay), 2)} × C1`, must: '≥ 0.60 × C1' },
        met: median(byReplay) >= 0.6,
        numbers: {
          rate: median(rates),
          ratio: median(byReplay),
          c1Rate: median(steady.map((round) => round.replayRate)),
          c1Us: replayUs,
        },
      },
      {
        ...{ name: 'steady-ingest-naive', figure, spread, ratio: `${fixed(median(byNaive))} × C0`, must: '≥ 15 × C0' },
        met: median(byNaive) >= 15,
        numbers: { ratio: median(byNaive), c0Rate: median(steady.map((round) => round.naiveRate)) },
      },
      {
        ...{ name: 'same-facts-again', figure: perSecond(median(steady.map(({ again }) => again.rate))) },
        spread: spreadText(byAgain, (ratio) => fixed(ratio, 2)),
        ...{ ratio: `${fixed(median(byAgain), 2)} × fresh`, must: '≥ 1.3 × fresh', met: median(byAgain) >= 1.3 },
        numbers: { ratio: median(byAgain) },
      },
      cpuMetric(
        'cpu-fresh',
        steady.map(({ fresh }) => fresh),
        80,
      ),
      cpuMetric('cpu-rescoring', this.rescored, 100),
    ];
  }
}

function cpuMetric(name: string, costs: readonly Cost[], limitUs: number): Metric {
  const sums = costs.map(({ processUs, backendsUs }) => processUs + backendsUs);
  const processUs = median(costs.map((cost) => cost.processUs));
  const backendsUs = median(costs.map((cost) => cost.backendsUs));
  return {
    ...{ name, figure: `${fixed(median(sums))} µs/event`, spread: spreadText(sums, fixed) },
    ...{ ratio: `projector ${fixed(processUs)} + Postgres ${fixed(backendsUs)}`, must: `≤ ${limitUs} µs/event` },
    met: median(sums) <= limitUs,
    numbers: { us: median(sums), processUs, backendsUs },
  };
}

function projectorMemory(peakMib: number): Metric {
  const figure = `${fixed(peakMib, 0)} MiB`;
  return {
    name: 'projector-memory',
    figure,
    spread: 'peak RSS',
    ratio: '',
    must: '≤ 320 MiB',
    met: peakMib > 0 && peakMib <= 320,
    numbers: { peakMib },
  };
}

async function hashesOf(of: string, { store }: Installation): Promise<readonly ContentHash[]> {
  const generation = await store.generations.ensureFirst(currentDefinitions());
  return (await store.verification.contentHashes(generation)).map((one) => ({ of, ...one }));
}

/** The engine's own statements (C1) and the naive code (C0), each on tables of its own. */
class Calibrators {
  private constructor(
    readonly capture: Capture,
    readonly naive: Naive,
    private readonly replay: Replay,
    private readonly installations: readonly Installation[],
  ) {}

  static async open(server: string, topicPrefix: string): Promise<Calibrators> {
    const capture = await Capture.open(server, topicPrefix);
    const forReplay = await openInstallation(server, topicPrefix);
    const forNaive = await openInstallation(server, topicPrefix);
    await prepareCheckpoints(forReplay);
    await prepareCheckpoints(forNaive);
    const [replay, naive] = await Promise.all([Replay.open(forReplay.databaseUrl), Naive.open(forNaive.databaseUrl)]);
    return new Calibrators(capture, naive, replay, [capture.installation, forReplay, forNaive]);
  }

  /** Processor time of this process and of the backends it used. */
  async runReplay(chunks: Parameters<Replay['run']>[0]): Promise<{ wallMs: number; cpuUs: number }> {
    const costs = new BackendCosts(this.replay.clients[0] as Client, 'bench-replay');
    await costs.sample();
    const { wallMs, nodeUs } = await this.replay.run(chunks);
    await costs.sample();
    return { wallMs, cpuUs: nodeUs + costs.spentUs };
  }

  async close(): Promise<void> {
    await this.replay.close();
    await this.naive.close();
    for (const one of this.installations) await one.close();
  }
}
