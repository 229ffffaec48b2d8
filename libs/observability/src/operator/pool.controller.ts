import { Controller, Get, Inject } from '@nestjs/common';
import type { PoolOperations, PoolStats } from './operator.port';
import { POOL_OPERATIONS } from './operator.port';

@Controller('pool')
export class PoolController {
  constructor(@Inject(POOL_OPERATIONS) private readonly pools: PoolOperations | null) {}

  @Get('stats')
  stats(): { readonly pools: readonly PoolStats[] } {
    return { pools: this.pools?.stats() ?? [] };
  }
}
