import { Controller, Get, Inject, Res } from '@nestjs/common';
import { HealthReporter } from '../health.module';
import type { HealthKind, HealthReport } from '../health.module';
import type { OperatorReply } from './operator-reply';

@Controller('health')
export class HealthController {
  constructor(@Inject(HealthReporter) private readonly reporter: HealthReporter) {}

  @Get()
  all(@Res() reply: OperatorReply): Promise<void> {
    return this.answer('all', reply);
  }

  @Get('live')
  live(@Res() reply: OperatorReply): Promise<void> {
    return this.answer('live', reply);
  }

  @Get('ready')
  ready(@Res() reply: OperatorReply): Promise<void> {
    return this.answer('ready', reply);
  }

  @Get('startup')
  startup(@Res() reply: OperatorReply): Promise<void> {
    return this.answer('startup', reply);
  }

  @Get('performance')
  async performance(@Res() reply: OperatorReply): Promise<void> {
    send(reply, await this.reporter.performance());
  }

  private async answer(kind: HealthKind, reply: OperatorReply): Promise<void> {
    send(reply, await this.reporter.report(kind));
  }
}

function send(reply: OperatorReply, { statusCode, body }: HealthReport): void {
  reply.code(statusCode).header('cache-control', 'no-store').send(body);
}
