import { BadRequestException, Body, Controller, Get, HttpCode, Inject, NotFoundException, Post } from '@nestjs/common';
import { z } from 'zod';
import type { CacheOperations } from './operator.port';
import { CACHE_OPERATIONS } from './operator.port';

const targetSchema = z
  .strictObject({ scope: z.string().min(1).max(100).optional(), pattern: z.string().min(1).max(500).optional() })
  .refine((target) => (target.scope === undefined) !== (target.pattern === undefined), { message: 'give either scope or pattern' });

@Controller('cache')
export class CacheController {
  constructor(@Inject(CACHE_OPERATIONS) private readonly cache: CacheOperations | null) {}

  @Get('stats')
  async stats(): Promise<object> {
    return this.present().stats();
  }

  @Post('invalidate')
  @HttpCode(200)
  async invalidate(@Body() body: unknown): Promise<object> {
    const target = targetSchema.safeParse(body ?? {});
    if (!target.success) throw new BadRequestException(`give a JSON object with either scope or pattern: ${z.prettifyError(target.error)}`);
    return this.present().invalidate(target.data.scope ?? target.data.pattern ?? '');
  }

  @Post('clear')
  @HttpCode(200)
  async clear(): Promise<object> {
    return this.present().clear();
  }

  @Post('cleanup')
  @HttpCode(200)
  async cleanup(): Promise<object> {
    return this.present().cleanup();
  }

  private present(): CacheOperations {
    if (this.cache === null) throw new NotFoundException('this process keeps no cache');
    return this.cache;
  }
}
