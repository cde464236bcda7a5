/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

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

/** What is wrong with a page for somebody with a phone, bad eyes or a screen reader; runs inside of the browser. */
export function faults(): string[] {
  const found: string[] = [];
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];

  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`scrolls sideways: ${scrollWidth} in ${clientWidth}`);
  for (const one of all('body *')) {
    const { right, width, left } = one.getBoundingClientRect();
    if (width > 1 && (right > clientWidth + 1 || left < 0)) found.push(`sticks out: ${one.outerHTML.slice(0, 100)}`);
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'hidden' && one.clientWidth > 1)
      found.push(`is cut: ${one.outerHTML.slice(0, 100)}`);
  }

  for (const landmark of ['header', 'main', 'footer', 'h1'])
    if (all(landmark).length !== 1) found.push(`${all(landmark).length} ${landmark}`);
  let level = 1;
  for (const heading of all('h1, h2, h3, h4')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(`a heading skips a level: ${heading.textContent}`);
    level = next;
  }
  for (const region of all('section, article')) {
    const label = document.getElementById(region.getAttribute('aria-labelledby') ?? '');
    if (!label?.textContent) found.push('a section without a name');
  }
  for (const link of all('a')) {
    const target = link.getAttribute('href') ?? '';
    if (!target.startsWith('#') || document.getElementById(target.slice(1)) === null)
      found.push(`leads nowhere: ${target}`);
  }
  const ids = all('[id]').map(({ id }) => id);
  if (new Set(ids).size < ids.length) found.push('two elements have one id');

  for (const table of all('table')) {
    const columns = table.querySelectorAll('thead th[scope=col]').length;
    for (const row of table.querySelectorAll('tbody tr')) {
      if (row.querySelectorAll('th[scope=row]').length !== 1 || row.children.length !== columns)
        found.push(`a row without headers: ${row.textContent}`);
    }
  }
  for (const image of all('svg, img'))
    if (image.getAttribute('aria-hidden') !== 'true' && !image.getAttribute('aria-label'))
      found.push('a picture without a text');
  return found;
}

/** Texts and lines that are hard to tell from what is behind them, by WCAG 2.2 (AA); runs inside of the browser. */
export function pale(): string[] {
  const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const light = (color: string) => {
    const [r, g, b] = numbers(color).map(value => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: string, b: string) => {
    const [x, y] = [light(a), light(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };
  const behind = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return numbers(color)[3] === 0 ? behind(element.parentElement) : color;
  };
  const found = new Set<string>();
  const judge = (element: Element, color: string, least: number, what: string) => {
    const ratio = contrast(color, behind(element));
    if (ratio < least) found.add(`${what}: ${color} on ${behind(element)} is ${ratio.toFixed(2)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement!;
    if (!node.textContent?.trim()) continue;
    const { color, fill } = getComputedStyle(element);
    judge(element, element.tagName === 'text' ? fill : color, 4.5, node.textContent.slice(0, 40));
  }
  for (const shape of document.querySelectorAll('svg rect, svg path.line')) {
    const { fill, stroke } = getComputedStyle(shape);
    judge(shape, shape.tagName === 'rect' ? fill : stroke, 3, `a drawn ${shape.getAttribute('class') ?? 'bar'}`);
  }
  return [...found];
}
