import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { HarvestMetrics } from '../metrics';
import type { OperatorReply } from './operator-reply';
import { METRICS } from './operator.port';

@Controller('metrics')
export class MetricsController {
  constructor(@Inject(METRICS) private readonly metrics: HarvestMetrics) {}

  @Get()
  async scrape(@Res() reply: OperatorReply): Promise<void> {
    const { registry } = this.metrics;
    reply
      .code(200)
      .header('content-type', registry.contentType)
      .send(await registry.metrics());
  }
}
