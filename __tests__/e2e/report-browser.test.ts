import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { renderHistory } from '../../src/core/report/history/history.ts';
import { renderReport } from '../../src/core/report/html.ts';
import { fortnight } from '../core/report/history/entries.ts';
import { cluster, host, richRecord } from '../core/report/record.ts';
import { describeWith } from '../integration/lab.ts';
import { inPage, startBrowser, watch } from './browser.ts';
import { temporaryFolder } from './support.ts';

const evil = '<script>document.title="run"</script><img src="http://192.0.2.1/x" onerror="document.title=\'run\'">';
const long = 'a-name-that-has-no-place-to-break-'.repeat(8);

/** Nothing is too long, and no text is markup. */
function oddRecord() {
  const record = richRecord({ name: evil, version: `v0.0.0-${long}`, commit: evil });
  return {
    ...record,
    binaries: record.binaries.map(one => ({ ...one, package: `${long}/${one.target}/${evil}`, path: long + evil })),
    deployments: [
      host({ place: `deploy@${long}`, state: 'rolled-back', evidence: { ...host().evidence, reason: evil + long } }),
      cluster({ state: 'failed', evidence: { ...cluster().evidence, reason: { message: `${evil} ${long}` } } }),
    ],
    verification: { ...record.verification!, verdict: 'failed' as const, reasons: [evil, long] },
  };
}

const bills = [
  { binary: 'linux/amd64', components: [{ name: `github.com/${long}`, version: 'v1', licenses: [evil] }] },
];
const spans = [
  { name: 'setup-go-cross', start: 0, end: 21_000 },
  { name: evil, start: 21_000, end: 21_001, failed: true },
];

const pages = {
  'of one release': renderReport([{ record: richRecord(), spans, bills, before: richRecord({ version: 'v1.0.0' }) }]),
  'of three releases': renderReport([
    { record: oddRecord(), spans, bills },
    { record: richRecord(), spans: [] },
    { record: { ...richRecord(), binaries: [], images: [], deployments: [] }, spans: [] },
  ]),
  'of no release': renderReport([]),
  'of the history': renderHistory(
    [...fortnight, { ...fortnight[0]!, version: long, by: evil, environment: evil }],
    [richRecord(), oddRecord(), richRecord({ version: 'v1.0.0', commitTime: '2025-12-31T00:00:00Z' })],
  ).html,
};

await describeWith('package:chromium', 'reports in a browser', () => {
  let folder: string;
  let browser: Browser;
  const fileOf = (name: string) => join(folder, `${name.replaceAll(' ', '-')}.html`);

  beforeAll(async () => {
    folder = await temporaryFolder();
    for (const [name, html] of Object.entries(pages)) await writeFile(fileOf(name), html);
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, options: BrowserContextOptions) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.addInitScript({ path: inPage });
    const url = pathToFileURL(fileOf(name)).href;
    const seen = watch(page, url);
    await page.goto(url);
    return { page, seen, [Symbol.asyncDispose]: () => context.close() };
  }

  describe.each(Object.keys(pages))('the page %s', name => {
    test.each([
      ['a phone', 375, 'light'],
      ['a phone in the dark', 375, 'dark'],
      ['a screen', 1280, 'light'],
      ['a screen in the dark', 1280, 'dark'],
    ] as const)(
      'is good on %s: nothing sticks out, everything has a name, everything can be read',
      async (_, width, colorScheme) => {
        await using opened = await open(name, { viewport: { width, height: 800 }, colorScheme });
        const { page, seen } = opened;
        expect(await page.evaluate('faults()')).toEqual([]);
        expect(await page.evaluate('pale()')).toEqual([]);
        // with everything unfolded
        await page.evaluate('unfold()');
        expect(await page.evaluate('faults()')).toEqual([]);
        expect(await page.evaluate('pale()')).toEqual([]);
        expect(seen).toEqual([]);
        expect(await page.title()).not.toBe('run');
        expect(await page.locator('script, img, iframe, link, object').count()).toBe(0);
      },
    );
  });

  test('without scripts everything is read and unfolded', async () => {
    await using opened = await open('of one release', { javaScriptEnabled: false });
    const { page } = opened;
    const step = page.locator('details', { hasText: 'Steps of hello' }).getByText('upload');
    expect(await step.isVisible()).toBe(false);
    await page.getByText('Steps of hello').click();
    expect(await step.isVisible()).toBe(true);
  });

  test('even if text of a record became markup, nothing would run and nothing would be fetched', async () => {
    await writeFile(fileOf('broken'), pages['of one release'].replace('<main>', `<main>${evil}`));
    await using opened = await open('broken', {});
    const { page, seen } = opened;
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.title()).toBe('hello v1.1.0');
    expect(seen.filter(one => !one.startsWith('console'))).toEqual(['request http://192.0.2.1/x', 'not sent: csp']);
  });

  test('on paper nothing is folded away, hashes are whole, and it is ink on white', async () => {
    await using opened = await open('of one release', { colorScheme: 'dark' });
    const { page } = opened;
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    expect(await page.getByText('upload').isVisible()).toBe(true);
    expect(await page.locator('nav').isVisible()).toBe(false);
    const { width } = (await page.locator('.hash .rest').first().boundingBox())!;
    expect(width).toBeGreaterThan(50);
    expect(await page.evaluate('pale()')).toEqual([]);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)!.length).toBeGreaterThan(1);
  });
});
