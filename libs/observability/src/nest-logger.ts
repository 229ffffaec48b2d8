import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger';

/** Nest's own lines through ours. Its start-up chatter is `debug`. */
export function toNestLogger(logger: Logger): LoggerService {
  const fieldsOf = (parameters: readonly unknown[]) => ({ context: parameters.at(-1) });
  return {
    log: (message: unknown, ...rest: unknown[]) => logger.debug(fieldsOf(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(fieldsOf(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) =>
      logger.error({ ...fieldsOf(rest), stack: rest.length > 1 ? rest[0] : undefined }, String(message)),
    debug: (message: unknown, ...rest: unknown[]) => logger.debug(fieldsOf(rest), String(message)),
    verbose: () => undefined,
  };
}
