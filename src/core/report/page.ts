import { createHash } from 'node:crypto';
import { escapeHtml } from './markup.ts';
import { style } from './style.ts';

/** One section of a page. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** HTML; an empty section is left out. */
  readonly body: string;
}

/** Nothing may be fetched, and nothing may run: what a record says is text even where escaping it failed. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** A whole page: one file without scripts, fonts or anything else from the network. */
export function page(parts: {
  readonly title: string;
  /** HTML. */
  readonly header: string;
  readonly nav: readonly { readonly id: string; readonly title: string }[];
  readonly main: string;
  readonly footer: string;
}): string {
  const links = parts.nav.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`);
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">`,
    `<title>${escapeHtml(parts.title)}</title><style>${style}</style></head><body>`,
    `<header>${parts.header}</header>`,
    ...(links.length < 2 ? [] : [`<nav aria-label="On this page"><ul>${links.join('')}</ul></nav>`]),
    `<main>${parts.main}</main>`,
    `<footer><p>${parts.footer}</p></footer></body></html>\n`,
  ].join('\n');
}

/** Sections under headings of one level, 2 or 3. */
export function sections(all: readonly Section[], level: 2 | 3): string {
  return filled(all)
    .map(
      ({ id, title, body }) =>
        `<section aria-labelledby="${id}"><h${level} id="${id}">${escapeHtml(title)}</h${level}>${body}</section>`,
    )
    .join('\n');
}

export const filled = (all: readonly Section[]) => all.filter(({ body }) => body !== '');
