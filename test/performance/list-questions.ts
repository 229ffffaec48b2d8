import { randomInt } from 'node:crypto';
import type { HttpClient } from './open-loop';

type Question = Readonly<Record<string, string>>;

const WALKS: readonly Question[] = [
  { sort: 'score' },
  { sort: 'recent' },
  { sort: 'hot' },
  { sort: 'recent', source: 'lobsters', type: 'post' },
];
const WALKED_PAGES = 150;
const WALKED_LIMIT = '200';
/** Pages of about 50, each size another question. */
const LIMITS = Array.from({ length: 21 }, (_value, index) => String(40 + index));
const FIRST_PAGE_SHARE = 0.25;

/**
 * Questions that nobody has asked before: pages from anywhere in four walks (by score, by date, by heat, by date within a source and
 * type), and a quarter first pages above some score.
 */
export class ListQuestions {
  private firstPages = 0;

  private constructor(private readonly pages: Question[]) {}

  static async collect(client: HttpClient): Promise<ListQuestions> {
    const pages: Question[] = [];
    for (const walk of WALKS) {
      for (const cursor of await cursorsOf(client, walk)) pages.push(...LIMITS.map((limit) => ({ ...walk, cursor, limit })));
    }
    return new ListQuestions(shuffled(pages));
  }

  /** A path; never the same twice. */
  next(): string {
    const question = Math.random() < FIRST_PAGE_SHARE ? firstPage((this.firstPages += 1)) : this.pages.pop();
    if (question === undefined) throw new Error('all questions have been asked');
    return `/v1/discoveries?${new URLSearchParams(question).toString()}`;
  }
}

const SCORES = 500_000;
/** Prime to SCORES, so that the steps come to every score once before any comes twice. */
const STEP = 190_027;

const firstPage = (index: number): Question => ({ sort: 'score', limit: '50', minScore: (((index * STEP) % SCORES) / 10_000).toFixed(4) });

async function cursorsOf(client: HttpClient, walk: Question): Promise<readonly string[]> {
  const cursors: string[] = [];
  let cursor: string | null = null;
  do {
    const question: Question = { ...walk, limit: WALKED_LIMIT, ...(cursor !== null && { cursor }) };
    const { body } = await client.get(`/v1/discoveries?${new URLSearchParams(question).toString()}`);
    cursor = (JSON.parse(body.toString()) as { nextCursor: string | null }).nextCursor;
    if (cursor !== null) cursors.push(cursor);
  } while (cursor !== null && cursors.length < WALKED_PAGES);
  return cursors;
}

function shuffled<T>(values: T[]): T[] {
  for (let index = values.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    [values[index], values[other]] = [values[other] as T, values[index] as T];
  }
  return values;
}
