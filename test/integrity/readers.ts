import { INSERT_ONLY } from './workload';
import { sleep } from './wait-until';

const DEADLINE_MS = 10_000;
const PAUSE_MS = 60;
const KEPT_FAILURES = 20;

interface Item {
  readonly artifactId: string;
  readonly source: string;
  readonly title: string;
  readonly metrics?: { readonly version?: number };
  readonly discoveryScore: number;
  readonly novelty: number;
  readonly emergence: number;
  readonly obscurity: number;
  readonly model: string;
}

interface Page {
  readonly items: readonly Item[];
  readonly total?: number;
}

/** What is wrong with an item whose parts do not belong together, or null: see the workload's rules. */
export function tornPart(item: Item): string | null {
  const version = item.metrics?.version;
  if (!item.title.endsWith(` as of ${version}`)) return `title '${item.title}' beside metrics.version ${version}`;
  if (!item.title.startsWith(`${item.artifactId} `)) return `title '${item.title}' of ${item.artifactId}`;
  const { discoveryScore, novelty, emergence, obscurity } = item;
  const isNear = (left: number, right: number) => Math.abs(left - right) < 0.001;
  const agree = isNear(novelty, 100 - discoveryScore) && isNear(emergence, discoveryScore / 2) && isNear(obscurity, discoveryScore / 4);
  if (!agree || item.model !== 'integrity') return `scores ${discoveryScore}, ${novelty}, ${emergence}, ${obscurity} of ${item.artifactId}`;
  return null;
}

/** Polls the API while everything is killed around it. */
export class Readers {
  polls = 0;
  failed = 0;
  torn = 0;
  fallenTotals = 0;
  /** Refusals (503, problem+json) while the database was down. */
  refused = 0;
  slowestMs = 0;
  total = 0;
  readonly failures: string[] = [];
  private readonly withStaleness = new Set<string>();
  readonly verdicts = new Map<string, number>();
  private isDatabaseDown = false;
  private stopping = false;
  private running: Promise<unknown> = Promise.resolve();
  private seen: readonly string[] = [];
  /** Whence the last total came, and whence this one: cache verdict, staleness, time. */
  private totalFrom = '';
  private lastVerdict = '';

  constructor(private readonly apiUrl: string) {}

  start(): void {
    const loops = [() => this.readTotal(), () => this.readRecent(), () => this.readOne()];
    this.running = Promise.all(loops.map((read) => this.loop(read)));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  /** While `work` runs and until the API is ready again, 503 is an answer. */
  async whileDatabaseIsDown(work: () => Promise<void>): Promise<void> {
    this.isDatabaseDown = true;
    try {
      await work();
      const untilMs = Date.now() + 20_000;
      while (Date.now() < untilMs && !(await this.isAnswering())) await sleep(100);
    } finally {
      this.isDatabaseDown = false;
    }
  }

  /** Straight from Postgres, whatever the caches hold. */
  async freshTotal(): Promise<number> {
    const answer = await fetch(`${this.apiUrl}/v1/discoveries?source=${INSERT_ONLY}&total=true&limit=1&maxStalenessMs=5000`);
    return ((await answer.json()) as Page).total ?? -1;
  }

  async ingestion(id: string): Promise<{ readonly state: string; readonly detail?: unknown }> {
    const answer = await fetch(`${this.apiUrl}/v1/ingestions/${id}`);
    return (await answer.json()) as { state: string };
  }

  private async isAnswering(): Promise<boolean> {
    // A question that no cache has: the minimum is another one each time.
    const minScore = (1 + (Date.now() % 900_000) / 10_000).toFixed(4);
    return fetch(`${this.apiUrl}/v1/discoveries?minScore=${minScore}&limit=1`, { signal: AbortSignal.timeout(DEADLINE_MS) }).then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  private async loop(read: () => Promise<void>): Promise<void> {
    while (!this.stopping) {
      await read();
      await sleep(PAUSE_MS);
    }
  }

  private async readTotal(): Promise<void> {
    const page = await this.get<Page>(`/v1/discoveries?source=${INSERT_ONLY}&total=true&limit=20`);
    if (page?.total === undefined) return;
    if (page.total < this.total) {
      this.fallenTotals += 1;
      this.fail(`the total of an insert-only source fell from ${this.total} (${this.totalFrom}) to ${page.total} (${this.lastVerdict})`);
    }
    this.total = page.total;
    this.totalFrom = this.lastVerdict;
    this.judge(page.items);
  }

  private async readRecent(): Promise<void> {
    const page = await this.get<Page>('/v1/discoveries?sort=recent&limit=50');
    if (page !== null) this.judge(page.items);
  }

  private async readOne(): Promise<void> {
    const id = this.seen.at(Math.floor(Math.random() * this.seen.length));
    if (id === undefined) return;
    const item = await this.get<Item>(`/v1/artifacts/${encodeURIComponent(id)}`);
    if (item !== null) this.judge([item]);
  }

  private judge(items: readonly Item[]): void {
    for (const item of items) {
      const wrong = tornPart(item);
      if (wrong === null) continue;
      this.torn += 1;
      this.fail(`torn: ${wrong}`);
    }
    // Only those may be asked for that nobody retracts.
    const kept = items.filter(({ source }) => source === INSERT_ONLY).map(({ artifactId }) => artifactId);
    if (kept.length > 0) this.seen = kept;
  }

  private async get<T>(path: string): Promise<T | null> {
    const startedMs = Date.now();
    const wasDown = this.isDatabaseDown;
    this.polls += 1;
    try {
      const answer = await fetch(`${this.apiUrl}${path}`, { signal: AbortSignal.timeout(DEADLINE_MS) });
      const text = await answer.text();
      this.slowestMs = Math.max(this.slowestMs, Date.now() - startedMs);
      if (answer.status === 200) return this.accept(answer, text) as T;
      this.refuse({ answer, text, path, excused: wasDown || this.isDatabaseDown });
    } catch (error) {
      this.fail(`${path}: ${String(error)} after ${Date.now() - startedMs} ms`);
    }
    return null;
  }

  private accept(answer: Response, text: string): unknown {
    const verdict = answer.headers.get('x-cache') ?? 'none';
    if (answer.url.includes('total=true'))
      this.lastVerdict = `${verdict}, ${answer.headers.get('x-staleness-ms')} ms stale, ${new Date().toISOString()}`;
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
    if (answer.headers.get('x-position') === null) this.fail(`no x-position on ${answer.url}`);
    this.checkStaleness(answer);
    return JSON.parse(text);
  }

  /** Before the first sample of the log's ends it is not known; from then on it must be. */
  private checkStaleness({ headers, url }: Response): void {
    const isKnown = headers.get('x-staleness-ms') !== null;
    const path = new URL(url).search;
    if (isKnown) this.withStaleness.add(path);
    else if (this.withStaleness.has(path)) this.fail(`no x-staleness-ms any more on ${url}`);
  }

  private refuse({ answer, text, path, excused }: { answer: Response; text: string; path: string; excused: boolean }): void {
    const isProblem = answer.headers.get('content-type')?.startsWith('application/problem+json') === true;
    if (excused && answer.status === 503 && isProblem) this.refused += 1;
    else this.fail(`${path}: ${answer.status} ${text.slice(0, 200)}`);
  }

  private fail(what: string): void {
    this.failed += 1;
    if (this.failures.length < KEPT_FAILURES) this.failures.push(what);
  }
}
