import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { ProjectorRuntime } from '@harvest/projections';

/** The chunk in hand and leaving the group, together. */
const STOP_TIMEOUT_MS = 5_000;

/**
 * The consumer as a Nest transport. Nest's own Kafka transport hands over one message at a time; here a batch stays a batch, so the
 * transport has no message handlers: the runtime is what consumes.
 */
export class ProjectorTransport implements CustomTransportStrategy {
  constructor(private readonly runtime: ProjectorRuntime) {}

  /** Never rejects: Nest listens to the callback. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    let failure: unknown;
    try {
      await this.runtime.start();
    } catch (error) {
      failure = error;
    }
    callback(failure);
  }

  close(): Promise<void> {
    return this.runtime.stop(STOP_TIMEOUT_MS);
  }
}
