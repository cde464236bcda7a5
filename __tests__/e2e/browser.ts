import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { labModule } from '../integration/lab.ts';

/** A script for pages: `faults()` and `pale()` list what is wrong, `unfold()` opens what is folded. */
export const inPage = fileURLToPath(new URL('in-page.js', import.meta.url));

/** Debian's Chromium; root has to go without its sandbox. */
export async function startBrowser(): Promise<Browser> {
  const { findExecutable } = await labModule('apt');
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: await findExecutable('chromium'), args });
}

/** Everything that a page did which it should not: requests for anything but itself, messages on the console, errors. */
export function watch(page: Page, own: string): string[] {
  const seen: string[] = [];
  page.on('request', request => {
    if (request.url() !== own) seen.push(`request ${request.url()}`);
  });
  page.on('requestfailed', request => seen.push(`not sent: ${request.failure()?.errorText}`));
  page.on('console', message => seen.push(`console ${message.text()}`));
  page.on('pageerror', error => seen.push(`error ${error.message}`));
  return seen;
}
