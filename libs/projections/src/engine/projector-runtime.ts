import { eventTopics, topicName } from '@harvest/contracts';
import type { EventLog } from '@harvest/contracts';
import { HarvestError, noFaults, systemClock, withDeadline } from '@harvest/kernel';
import type { Clock, FaultPoints } from '@harvest/kernel';
import type { HarvestMetrics, Logger } from '@harvest/observability';
import type {
  ChangeFeed,
  DeadLetterStore,
  Generation,
  GenerationStore,
  IngestionBarrier,
  ProjectionStore,
  StalenessStore,
} from '@harvest/read-models';
import { currentDefinitions } from '../definitions/current-definitions';
import { BarrierWatch } from './barrier-watch';
import { relayDeadLetters } from './dead-letter-relay';
import { checkDefinitions } from './definition-check';
import { sampleEnds } from './end-sampler';
import { GenerationConsumer } from './generation-consumer';
import type { Commit, EngineSurroundings } from './partition-options';
import { exportStatus } from './projector-metrics';
import { DEFAULT_PROJECTOR_SETTINGS } from './projector-settings';
import type { ProjectorSettings } from './projector-settings';
import type { ProjectorStatus, RefusedGeneration } from './projector-status';
import { QueueBudget } from './queue-budget';
import { UnitSlots } from './unit-slots';

/** What the projector needs of the store. */
export interface ProjectorPorts {
  readonly projections: ProjectionStore;
  readonly generations: GenerationStore;
  readonly barrier: IngestionBarrier;
  readonly staleness: StalenessStore;
  readonly deadLetters: Pick<DeadLetterStore, 'relay'>;
  readonly changes: ChangeFeed;
}

export interface ProjectorRuntimeOptions {
  readonly log: EventLog;
  readonly ports: ProjectorPorts;
  readonly topicPrefix: string;
  readonly settings: Partial<ProjectorSettings> & Pick<ProjectorSettings, 'owner'>;
  readonly faults?: FaultPoints;
  readonly clock?: Clock;
  readonly logger: Logger;
  readonly metrics: HarvestMetrics;
  /** A consumer died and will not come back: the process must end. */
  readonly onCrash: (error: Error) => void;
}

export interface ProjectorRuntime {
  /**
   * Resolves once every generation consumes. Rejects with `topic-missing`, `definition-changed`, `definition-unknown` or the services'
   * errors; nothing is left running then. Makes generation 1 when there is none.
   */
  start(): Promise<void>;
  /** Finishes the chunks in hand, leaves the groups; ends within `deadlineMs`. Idempotent. */
  stop(deadlineMs: number): Promise<void>;
  status(): ProjectorStatus;
}

export function createProjectorRuntime(options: ProjectorRuntimeOptions): ProjectorRuntime {
  return new Runtime(options);
}

class Runtime implements ProjectorRuntime {
  private readonly surroundings: EngineSurroundings;
  private readonly consumers = new Map<number, GenerationConsumer>();
  private readonly refused = new Map<number, RefusedGeneration>();
  private readonly budget: QueueBudget;
  private readonly slots: UnitSlots;
  private readonly barrier: BarrierWatch;
  private readonly stopping = new AbortController();
  private readonly topics: readonly string[];
  private installationId = '';
  private active: number | null = null;
  private loops: readonly Promise<void>[] = [];
  private unsubscribe: () => Promise<void> = () => Promise.resolve();
  private stopped: Promise<void> | null = null;

  constructor(private readonly options: ProjectorRuntimeOptions) {
    const { topicPrefix, logger, metrics, faults = noFaults, clock = systemClock } = options;
    const settings = { ...DEFAULT_PROJECTOR_SETTINGS, ...options.settings };
    this.surroundings = { settings, topicPrefix, faults, clock, logger, metrics };
    this.budget = new QueueBudget(settings.totalQueueBytes);
    this.slots = new UnitSlots(settings.chunksInHand);
    this.barrier = new BarrierWatch(options.ports.barrier, metrics, logger);
    this.topics = eventTopics(topicPrefix);
  }

  async start(): Promise<void> {
    try {
      await this.checkTopics();
      this.installationId = await this.options.ports.generations.installationId();
      await this.syncGenerations('strict');
      this.unsubscribe = await this.options.ports.changes.subscribe({
        onNotice: (notice) => {
          if (notice.kind === 'ingestion') this.barrier.noticed();
        },
        onReconnected: () => this.barrier.noticed(),
        onDisconnected: () => undefined,
      });
    } catch (error) {
      await this.stop(5_000);
      throw error;
    }
    const { sweepMs, sampleMs } = this.surroundings.settings;
    this.loops = [
      this.every(sweepMs, 'sweep', () => this.sweep()),
      this.every(sampleMs, 'sample', () => this.sample()),
      // Apart from the sample: it must not stand still while the log or the store keeps the sample waiting.
      this.every(sampleMs, 'status', () => Promise.resolve(exportStatus(this.options.metrics, this.status()))),
    ];
  }

  stop(deadlineMs: number): Promise<void> {
    this.stopped ??= this.stopAll(deadlineMs);
    return this.stopped;
  }

  status(): ProjectorStatus {
    const nowMs = this.surroundings.clock.nowMs();
    const generations = [...this.consumers.values()].map((consumer) => {
      const polledMs = consumer.lastPollMs();
      const lastPollAgeMs = polledMs === null ? null : nowMs - polledMs;
      return { generation: consumer.generation.generation, lastPollAgeMs, partitions: consumer.status() };
    });
    return { generations, refused: [...this.refused.values()], queuedBytes: this.budget.usedBytes() };
  }

  private async stopAll(deadlineMs: number): Promise<void> {
    this.stopping.abort(new Error('the projector stops'));
    const all = [...this.consumers.values()].map((consumer) => consumer.stop(deadlineMs));
    await withDeadline(Promise.all([...all, ...this.loops, this.unsubscribe()]), deadlineMs, 'stopping the projector').catch(
      (error: Error) => this.options.logger.warn({ reason: error.message }, 'the projector did not stop in time'),
    );
  }

  private async checkTopics(): Promise<void> {
    const wanted = [...this.topics, topicName(this.options.topicPrefix, 'dead-letters')];
    const found = await this.options.log.describeTopics(wanted);
    const missing = wanted.filter((topic) => !found.some((spec) => spec.topic === topic));
    if (missing.length > 0) {
      throw new HarvestError({
        code: 'topic-missing',
        message: `these topics do not exist: ${missing.join(', ')}; create them with \`harvest topics create\``,
        context: { topics: missing },
      });
    }
    for (const { topic, retentionMs } of found) {
      if (retentionMs === -1 || !this.topics.includes(topic)) continue;
      this.options.logger.warn(
        { topic, retentionMs },
        'the log forgets facts of this topic, so no rebuild reaches back: set retention.ms=-1',
      );
    }
  }

  /** Consumers come and go with their generations. `strict`: what hinders the active generation rejects. */
  private async syncGenerations(mode: 'strict' | 'lenient'): Promise<void> {
    const generations = await this.listGenerations();
    const wanted = generations.filter(({ state }) => state !== 'retired');
    this.active = wanted.find(({ active }) => active)?.generation ?? null;
    for (const [number, consumer] of this.consumers) {
      if (wanted.some(({ generation }) => generation === number)) continue;
      this.consumers.delete(number);
      await consumer.stop(5_000);
    }
    for (const generation of wanted) if (!this.consumers.has(generation.generation)) await this.begin(generation, mode);
  }

  private async listGenerations(): Promise<readonly Generation[]> {
    const { generations } = this.options.ports;
    const found = await generations.list();
    if (found.length > 0) return found;
    await generations.ensureFirst(currentDefinitions());
    return generations.list();
  }

  /** A generation that is being built must not stop the live one. */
  private async begin(generation: Generation, mode: 'strict' | 'lenient'): Promise<void> {
    const consumer = this.createConsumer(generation);
    try {
      checkDefinitions(generation);
      await consumer.start();
      this.consumers.set(generation.generation, consumer);
      this.refused.delete(generation.generation);
    } catch (error) {
      await consumer.stop(2_000);
      if (mode === 'strict' && generation.active) throw error;
      this.refuse(generation.generation, error as Error);
    }
  }

  private createConsumer(generation: Generation): GenerationConsumer {
    const { log, ports, topicPrefix, onCrash } = this.options;
    return new GenerationConsumer({
      generation,
      groupId: `${topicPrefix}projector.${this.installationId}.g${generation.generation}`,
      surroundings: this.surroundings,
      log,
      store: ports.projections,
      budget: this.budget,
      slots: this.slots,
      onCommitted: (commit) => this.committed(commit),
      onCrash,
    });
  }

  private refuse(generation: number, error: Error): void {
    const code = error instanceof HarvestError ? error.code : 'internal-error';
    if (this.refused.get(generation)?.code !== code) this.options.logger.error({ generation, code }, error.message);
    this.refused.set(generation, { generation, code, message: error.message });
  }

  private committed(commit: Commit): void {
    if (commit.generation.generation !== this.active) return;
    this.barrier.committed(commit, commit.topic === topicName(this.options.topicPrefix, 'ingestions'));
  }

  private async sweep(): Promise<void> {
    await this.syncGenerations('lenient');
    for (const consumer of this.consumers.values()) await consumer.refresh();
    await this.barrier.sweep();
    await relayDeadLetters(this.options.ports.deadLetters, this.options.log, this.options.topicPrefix);
  }

  private async sample(): Promise<void> {
    const { log, ports } = this.options;
    await sampleEnds({ log, staleness: ports.staleness, topics: this.topics }, [...this.consumers.values()]);
  }

  /** A loop that outlives every failure of its work, and ends when the projector stops. */
  private async every(ms: number, name: string, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.surroundings;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const startedMs = clock.nowMs();
      await work().catch((error: Error) => logger.warn({ loop: name, reason: error.message }, 'a regular task failed; it is tried again'));
      await clock.sleep(Math.max(ms - (clock.nowMs() - startedMs), ms / 4), signal).catch(() => undefined);
    }
  }
}
