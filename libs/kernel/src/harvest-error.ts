export interface HarvestErrorOptions {
  /** Stable, kebab-case, part of the public interface. */
  readonly code: string;
  /** What happened, and what to do about it. Never holds a secret. */
  readonly message: string;
  /** True when the same call may succeed later without anybody changing anything. */
  readonly retriable?: boolean;
  readonly cause?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** A fault with a stable code, classified once, at the edge where it arose. */
export class HarvestError extends Error {
  readonly code: string;
  readonly retriable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(options: HarvestErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HarvestError';
    this.code = options.code;
    this.retriable = options.retriable ?? false;
    this.context = options.context ?? {};
  }
}

export function isHarvestError(error: unknown): error is HarvestError {
  return error instanceof HarvestError;
}
