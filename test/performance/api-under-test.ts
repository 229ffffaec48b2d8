import { HttpClient } from './open-loop';
import { ProductProcess, type ProductProcessOptions } from './product-process';

/** Signs the cursors of all processes under test. */
export const CURSOR_SECRET = 'of-a-benchmark-and-of-nothing-else';

/** One real api process and connections to it. */
export class ApiUnderTest {
  private constructor(
    readonly process: ProductProcess,
    readonly client: HttpClient,
  ) {}

  static async start(options: Omit<ProductProcessOptions, 'app'>): Promise<ApiUnderTest> {
    const process = new ProductProcess({ ...options, app: 'api', env: { ...options.env, HARVEST_CURSOR_SECRET: CURSOR_SECRET } });
    const { api } = JSON.parse(await process.line('"the api answers"')) as { api: string };
    return new ApiUnderTest(process, new HttpClient(api));
  }

  async close(): Promise<void> {
    this.client.close();
    await this.process.end();
  }
}
