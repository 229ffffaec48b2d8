import type { Strike, Fault } from './faults/fault';
import type { Scene } from './faults/fault';
import { Feeder } from './feeder';
import { House } from './house';
import { OwnServices } from './own-services';
import { prove, type Proof } from './proof';
import { Readers } from './readers';
import type { Plan } from './schedule';
import { sleep } from './wait-until';
import { seededRandom, Workload } from './workload';

const MAX_LAG = 200_000;
const PROGRESS_MS = 60_000;
const CATCH_UP_MS = 240_000;

export interface SoakOptions {
  readonly plan: Plan;
  readonly seed: number;
  /** Faults of `repeated` are struck until then. */
  readonly lastsMs: number;
  readonly say: (line: string) => void;
}

export interface SoakResult {
  readonly strikes: readonly Strike[];
  /** Kinds that were asked for and did not come about, with what went wrong. */
  readonly troubles: readonly string[];
  readonly slowestResumeMs: number;
  readonly feedSeconds: number;
  readonly feeder: Feeder;
  readonly readers: Readers;
  readonly proof: Proof;
}

/** Brings everything up, strikes, and proves. Whatever happens, nothing is left running. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const services = await OwnServices.up(`integrity-${process.pid}`);
  try {
    const { databaseUrl, brokers } = services;
    const house = await House.build({ databaseUrl, brokers, topicPrefix: 'integrity.', build: services.copyBuild() });
    try {
      return await new Soak(options, services, house).run();
    } catch (error) {
      options.say(house.fleet.lastLines());
      throw error;
    } finally {
      await house.close();
    }
  } finally {
    await services.down();
  }
}

class Soak {
  private readonly strikes: Strike[] = [];
  private readonly troubles: string[] = [];
  private readonly workload: Workload;
  private readonly random: () => number;
  private lag = 0;
  private slowestResumeMs = 0;
  private sampling = true;

  constructor(
    private readonly options: SoakOptions,
    private readonly services: OwnServices,
    private readonly house: House,
  ) {
    this.workload = new Workload(house.options.topicPrefix, options.seed);
    this.random = seededRandom(options.seed + 1);
  }

  async run(): Promise<SoakResult> {
    const { house, services, workload } = this;
    const [urls] = await Promise.all([house.fleet.startApi(services.redisUrl), house.fleet.ensureMain()]);
    const readers = new Readers(urls.api);
    const { log, options } = house;
    const { eventsPerSecond } = this.options.plan;
    const lag = () => this.lag;
    const feeder = new Feeder({ log, workload, topicPrefix: options.topicPrefix, eventsPerSecond, maxLag: MAX_LAG, lag });
    const sampling = this.sample();
    const startedMs = Date.now();
    feeder.start();
    readers.start();
    const scene: Scene = { house, services, feeder, readers, operatorsUrl: urls.operators, random: this.random };
    await house.progressed(await house.database.checkpoints(), PROGRESS_MS);
    await this.strikeAll(scene, startedMs + this.options.lastsMs);
    await feeder.stop();
    const feedSeconds = (Date.now() - startedMs) / 1000;
    await house.caughtUp(CATCH_UP_MS);
    await readers.stop();
    this.sampling = false;
    await sampling;
    const proof = await prove(house, { feeder, workload, readers });
    const { strikes, troubles, slowestResumeMs } = this;
    return { strikes, troubles, slowestResumeMs, feedSeconds, feeder, readers, proof };
  }

  private async strikeAll(scene: Scene, untilMs: number): Promise<void> {
    const { faults, repeated } = this.options.plan;
    for (const fault of faults) await this.strike(fault, scene);
    for (let index = 0; Date.now() < untilMs && repeated.length > 0; index += 1) {
      await this.strike(repeated[index % repeated.length] as Fault, scene);
    }
    // Nothing was left to strike: what is fed still counts.
    while (Date.now() < untilMs) await sleep(200);
  }

  private async strike(fault: Fault, scene: Scene): Promise<void> {
    const { house } = this;
    const startedMs = Date.now();
    try {
      const strikes = await fault(scene);
      this.strikes.push(...strikes);
      const struckMs = Date.now();
      await house.fleet.ensureMain();
      await house.progressed(await house.database.checkpoints(), PROGRESS_MS);
      const resumedMs = Date.now() - struckMs;
      this.slowestResumeMs = Math.max(this.slowestResumeMs, resumedMs);
      const what = strikes.map(
        ({ kind, effective, note }) => `${kind}${effective ? '' : ' WITHOUT EFFECT'}${note === undefined ? '' : ` (${note})`}`,
      );
      const took = `${((struckMs - startedMs) / 1000).toFixed(1)} s, resumed after ${(resumedMs / 1000).toFixed(1)} s`;
      this.options.say(
        `  ${new Date(startedMs).toISOString().slice(11, 19)} ${what.join(' · ')}: ${took}, lag ${this.lag}, ${scene.feeder.acknowledged} events`,
      );
    } catch (error) {
      this.troubles.push(String(error));
      this.options.say(`  TROUBLE ${String(error)}\n${house.fleet.lastLines()}`);
      // What a fault has stopped must run again, or all later ones fail with it.
      await this.repair(scene);
    }
  }

  private async repair({ feeder }: Scene): Promise<void> {
    feeder.resume();
    for (const service of ['postgres', 'redis', 'kafka'] as const) {
      await this.services.change('thaw', service);
      await this.services.change('start', service);
    }
    this.house.fleet.main?.send('SIGCONT');
    await this.house.fleet.ensureMain();
  }

  private async sample(): Promise<void> {
    while (this.sampling) {
      this.lag = await this.house.lag().catch(() => this.lag);
      await sleep(1000);
    }
  }
}
