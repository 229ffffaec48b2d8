import type { EventLog, TopicFamily } from '@harvest/contracts';
import type { VerificationReport } from '@harvest/oracle';
import { verify } from '@harvest/oracle';
import type { GenerationStore, VerificationStore } from '@harvest/read-models';
import type { ProgressSink } from '../ports/progress-sink.port';
import { findGeneration } from '../generations/find-generation';

export interface VerifyRequest {
  /** Null: the active one. */
  readonly generation: number | null;
  readonly topicPrefix: string;
  /** As the projectors are configured. */
  readonly onPoison: (family: TopicFamily) => 'park' | 'skip';
  readonly signal?: AbortSignal;
}

export type GenerationVerification = VerificationReport & { readonly generation: number };

/** Holds every row of a generation, in one snapshot, against an independent reading of the log. Writes nothing; runs beside live work. */
export class VerifyOperation {
  constructor(
    private readonly log: EventLog,
    private readonly generations: Pick<GenerationStore, 'list' | 'active'>,
    private readonly snapshots: Pick<VerificationStore, 'openSnapshot'>,
    private readonly progress: ProgressSink,
  ) {}

  /** @throws `generation-unknown`, `log-history-lost`, `log-behind-checkpoint`, what log and store reject with. */
  async run(request: VerifyRequest): Promise<GenerationVerification> {
    const generation = await findGeneration(this.generations, request.generation);
    const snapshot = await this.snapshots.openSnapshot(generation);
    let isStarted = false;
    const onProgress = (done: number, total: number) => {
      if (!isStarted) this.progress.started({ name: 'verifying', unit: 'records', total, doneBefore: 0 });
      isStarted = true;
      this.progress.advanced(done);
    };
    try {
      const report = await verify({ ...request, log: this.log, snapshot, onProgress });
      return { ...report, generation: generation.generation };
    } finally {
      this.progress.finished();
      await snapshot.close();
    }
  }
}
