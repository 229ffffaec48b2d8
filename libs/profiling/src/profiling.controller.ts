import { BadRequestException, ConflictException, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common';
import type { OperatorReply } from '@harvest/observability';
import { z } from 'zod';
import type { CpuProfiler } from './cpu-profiler';
import type { EventLoopReport, EventLoopWatch } from './event-loop-watch';
import type { HeapSnapshots } from './heap-snapshots';
import { KEPT } from './slow-queries/slow-query-log';
import type { SlowQueryLog } from './slow-queries/slow-query-log';

export interface Profilers {
  readonly slowQueries: SlowQueryLog;
  readonly cpu: CpuProfiler;
  readonly heap: HeapSnapshots;
  readonly eventLoop: EventLoopWatch;
}
export const PROFILERS = Symbol('Profilers');

const integer = (max: number, fallback: number) => z.coerce.number().int().min(1).max(max).default(fallback);
const tailSchema = z.strictObject({ limit: integer(KEPT, 50) });
const cpuSchema = z.strictObject({ seconds: integer(60, 10) });
const heapSchema = z.strictObject({});

@Controller('profiling')
export class ProfilingController {
  constructor(@Inject(PROFILERS) private readonly profilers: Profilers) {}

  @Get('slow-queries')
  slowQueries(@Query() query: unknown): object {
    return this.profilers.slowQueries.report(parse(tailSchema, query).limit);
  }

  @Get('event-loop')
  eventLoop(): EventLoopReport {
    return this.profilers.eventLoop.report();
  }

  @Post('cpu')
  async cpu(@Query() query: unknown, @Res() reply: OperatorReply): Promise<void> {
    const profile = this.profilers.cpu.profile(parse(cpuSchema, query).seconds);
    if (profile === null) throw new ConflictException('a CPU profile is being made: wait for it, it takes 60 s at most');
    sendFile(reply, 'cpuprofile', await profile);
  }

  @Post('heap')
  heap(@Query() query: unknown, @Res() reply: OperatorReply): void {
    parse(heapSchema, query);
    const snapshot = this.profilers.heap.take();
    if (snapshot === null) throw new ConflictException('a heap snapshot is being read: wait for it, it takes two minutes at most');
    sendFile(reply, 'heapsnapshot', snapshot);
  }
}

function parse<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query ?? {});
  if (!parsed.success) throw new BadRequestException(z.prettifyError(parsed.error));
  return parsed.data;
}

function sendFile(reply: OperatorReply, extension: string, body: unknown): void {
  const name = `${process.pid}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.${extension}`;
  reply
    .code(200)
    .header('content-type', 'application/json')
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('cache-control', 'no-store')
    .send(body);
}
