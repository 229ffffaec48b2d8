import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusView } from '@harvest/contracts';
import { aScoreComputed, anArtifactObserved, anIngestionCompleted, anIngestionStarted, createTestHouse } from '@harvest/testing';
import type { TestHouse } from '@harvest/testing';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { startApi } from '../api.module';
import type { RunningApi } from '../api.module';
import { receiptPosition } from '../api.ports';

const ROOT = join(__dirname, '../../../..');
const INSTALLING_MS = 600_000;
const WAIT_MS = 20_000;
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

let house: TestHouse;
let api: RunningApi;
let profile: string;
let browser: BrowserContext;

beforeAll(async () => {
  const executablePath = execFileSync(process.execPath, [join(ROOT, 'test/services/services.mjs'), 'browser'], { encoding: 'utf8' }).trim();
  house = await createTestHouse();
  api = await startApi({ host: '127.0.0.1', port: 0, trustProxy: false, ports: house });
  profile = mkdtempSync(join(tmpdir(), 'harvest-browser-'));
  browser = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: FLAGS.split(' '), viewport: null });
  browser.setDefaultTimeout(WAIT_MS);
  await untilRead(await publish('arxiv', 4));
}, INSTALLING_MS);
afterAll(async () => {
  await browser?.close();
  rmSync(profile, { recursive: true, force: true });
  await api?.close();
  await house?.close();
});

const around = () => ({ topicPrefix: house.topicPrefix });

/** Papers with scores of 80 and up, as an ingestion of their source's name. */
async function publish(source: string, count: number): Promise<string> {
  const ids = Array.from({ length: count }, (_, index) => `${source}:${index}`);
  const observed = ids.map((artifactId) => anArtifactObserved({ artifactId, source, artifactType: 'paper' }, around()));
  const scores = ids.map((artifactId, index) => aScoreComputed({ artifactId, discoveryScore: 80 + index }, around()));
  const ingestionId = `of <b>${source}</b>`;
  const began = anIngestionStarted({ ingestionId, source }, around());
  const ended = anIngestionCompleted({ ingestionId, manifest: {} }, around());
  return receiptPosition(await house.append(began, ...observed, ...scores, ended)) ?? '';
}

async function untilRead(position: string): Promise<void> {
  const answer = await fetch(`${api.url}/v1/discoveries?limit=1&minPosition=${position}&waitMs=20000`);
  expect(answer.status).toBe(200);
}

const statusNow = async () => (await (await fetch(`${api.url}/v1/status`)).json()) as StatusView;

interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  readonly strangers: string[];
}

/** Notes whatever the page complains of, and whom else it asks. */
async function visit(width = 1400, colorScheme: 'light' | 'dark' = 'light'): Promise<Watched> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  const strangers: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
  page.on('request', (request) => request.url().startsWith('data:') || request.url().startsWith(api.url) || strangers.push(request.url()));
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  await page.goto(api.url);
  await page.locator('#connection[data-state=live]').waitFor();
  return { page, complaints, strangers };
}

const textOf = (page: Page, id: string) => page.locator(`#${id}`).innerText();

async function untilText(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor();
}

describe('the landing page', () => {
  it('is for browsers: other programs get JSON at the same address', async () => {
    const accept = (accepted: string) => fetch(api.url, { headers: { accept: accepted } });
    const [asked, refused, any] = await Promise.all(['text/html,*/*;q=0.8', 'application/json,text/html;q=0', '*/*'].map(accept));
    expect(asked?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = asked?.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const answer of [refused, any]) expect(answer?.headers.get('content-type')).toBe('application/json; charset=utf-8');
    for (const answer of [asked, any]) expect(answer?.headers.get('vary')).toBe('accept');
  });

  it('shows what the API answers, complains of nothing and asks nobody else', async () => {
    const { page, complaints, strangers } = await visit();
    await untilText(page, '#kinds', 'arxiv');
    const status = await statusNow();
    expect(await textOf(page, 'artifacts')).toBe(String(status.artifacts));
    expect(await textOf(page, 'discoveries')).toBe(String(status.discoveries));
    expect(await page.locator('#kinds td.number').allInnerTexts()).toEqual(['4', '4']);
    await page.locator('summary').press('Enter');
    expect(await textOf(page, 'position')).toBe(status.position);
    expect(await textOf(page, 'staleness')).toMatch(/^\d+(\.\d)? m?s$/);
    // What producers name comes as text, whatever it looks like.
    await untilText(page, '#ingestions', 'of <b>arxiv</b>');
    expect(await page.locator('#ingestions b').count()).toBe(0);
    expect([complaints, strangers]).toEqual([[], []]);
    await page.close();
  });

  it('every link on it leads somewhere', async () => {
    const { page } = await visit();
    const addresses = await page.locator('a').evaluateAll((links) => links.map((link) => (link as unknown as { href: string }).href));
    expect(addresses.length).toBeGreaterThan(8);
    for (const address of addresses) expect([address, (await fetch(address)).status]).toEqual([address, 200]);
    await page.close();
  });

  it('follows a publication without being loaded again', async () => {
    const { page, complaints } = await visit();
    await untilText(page, '#artifacts', '4');
    await publish('github', 3);
    await untilText(page, '#artifacts', '7');
    await untilText(page, '#discoveries', '7');
    await untilText(page, '#kinds', 'github');
    await untilText(page, '#ingestions li', 'of <b>github</b>');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows the answer of a pressed query in place, and the line that asks the same elsewhere', async () => {
    const { page, complaints } = await visit();
    const queries = page.locator('.queries > li');
    expect(await queries.count()).toBe(3);
    for (const query of await queries.all()) {
      const path = (await query.locator('a.query').getAttribute('href')) ?? '';
      expect(await query.locator('code').innerText()).toBe(`curl '${api.url}${path}'`);
      await query.locator('a.query').press('Enter');
      await query.locator('pre').waitFor();
      expect(JSON.parse(await query.locator('pre').innerText())).toEqual(await (await fetch(api.url + path)).json());
      expect(await query.locator('[role=status]').innerText()).toMatch(
        /^200 in \d+ ms · cache: [\w-]+ · at most \d+(\.\d)? m?s behind the log$/,
      );
    }
    expect([page.url(), complaints]).toEqual([`${api.url}/`, []]);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('in %s every text stands out from what is behind it (WCAG AA)', async (scheme) => {
    const { page } = await visit(1400, scheme);
    await untilText(page, '#ingestions', 'arxiv');
    await page.locator('a.query').first().click();
    await page.locator('pre').first().waitFor();
    const ratios = (await page.evaluate(CONTRASTS)) as { text: string; ratio: number; isDark: boolean }[];
    expect(ratios.length).toBeGreaterThan(40);
    expect(ratios.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    expect(new Set(ratios.map(({ isDark }) => isDark))).toEqual(new Set([scheme === 'dark']));
    await page.close();
  });

  it.each([360, 1400])('at %i px nothing is cut off and nothing scrolls sideways', async (width) => {
    const { page } = await visit(width);
    for (const query of await page.locator('a.query').all()) await query.click();
    await page.locator('pre').last().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const cut = `[...document.querySelectorAll('th, td, dd, li')].filter((at) => at.scrollWidth > at.clientWidth).map((at) => at.textContent)`;
    expect(await page.evaluate(cut)).toEqual([]);
    await page.close();
  });

  it('has landmarks, one first heading, and names for whatever can be pressed; the keyboard reaches the content first', async () => {
    const { page } = await visit();
    for (const role of ['banner', 'navigation', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await page.getByRole('button', { name: 'Copy the curl line of' }).count()).toBe(3);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.close();
  });

  it('is in the build, whole', () => {
    const built = join(ROOT, 'dist/apps/api/src/landing/landing-page.js');
    if (!existsSync(built)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
    const html = execFileSync(process.execPath, ['-p', `require(${JSON.stringify(built)}).loadLandingPage().html`], { encoding: 'utf8' });
    for (const part of ['<h1>Signal Harvester</h1>', 'prefers-color-scheme: dark', 'new EventSource(']) expect(html).toContain(part);
  });
});

/** Evaluated in the page: for each text its contrast with the nearest background behind it. Source: WCAG 2.2, relative luminance. */
const CONTRASTS = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const isOpaque = (color) => (channels(color)[3] ?? 1) === 1;
  const backgrounds = (element) => {
    const found = [];
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      found.push(...(backgroundImage.match(/rgba?\\([^)]*\\)/g) ?? []).filter(isOpaque));
      if (isOpaque(backgroundColor)) return [...found, backgroundColor];
    }
    return found;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const measured = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === '' || !element.checkVisibility() || ['SCRIPT', 'NOSCRIPT'].includes(element.tagName)) continue;
    const ink = luminance(channels(getComputedStyle(element).color));
    for (const color of backgrounds(element)) {
      const paper = luminance(channels(color));
      const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      measured.push({ text: texts.currentNode.data.slice(0, 40), ratio, isDark: paper < ink });
    }
  }
  return measured;
})()`;
