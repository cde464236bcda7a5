import { SlipwayError } from '../core/errors.ts';
import { formatHost } from '../core/ssh/hosts.ts';
import { didYouMean } from '../core/suggest.ts';
import { list, mapped, type Value } from '../core/values.ts';
import type { Host } from './hosts.ts';

/** What hosts are chosen by: `role=NAME`, a label (`region=eu`), or a host's name. */
export interface Selector {
  /** `role`, the label's name, or `host`. */
  readonly by: string;
  readonly value: string;
}

/** `role=web`, `region=eu`, `web1.example.com`, `deploy@web1.example.com:22`. */
export function parseSelector(text: string): Selector {
  const match = /^([^=\s]+)=(\S+)$/.exec(text);
  if (match !== null) return { by: match[1]!, value: match[2]! };
  if (/^[^=\s]+$/.test(text)) return { by: 'host', value: text };
  throw new SlipwayError('SELECTOR_INVALID', `"${text}" is neither role=NAME, LABEL=VALUE nor a host`);
}

export const limit: Value<Selector[]> = mapped(
  list,
  'hosts, role=NAME and LABEL=VALUE, separated by commas or line ends',
  items => items.map(parseSelector),
);

/** Pure. */
export function fits(host: Host, { by, value }: Selector): boolean {
  return valuesOf(host, by).includes(value);
}

/**
 * The hosts that fit: of selectors of one kind any, of several kinds all; `role=web, role=worker, region=eu` are the web
 * hosts and the workers in eu. All where there is no selector. Pure.
 *
 * @throws SELECTOR_UNKNOWN, SELECTOR_EMPTY
 */
export function chosenBy(selectors: readonly Selector[], hosts: readonly Host[], where: string): readonly Host[] {
  mustBeKnown(selectors, hosts, where);
  const kinds = [...Map.groupBy(selectors, one => one.by).values()];
  const chosen = hosts.filter(host => kinds.every(kind => kind.some(one => fits(host, one))));
  if (chosen.length > 0) return chosen;
  const words = kinds.map(kind => kind.map(formatSelector).join(' or ')).join(' and ');
  throw new SlipwayError('SELECTOR_EMPTY', `${where}: no host is ${words}`, { hint: 'Nothing was changed.' });
}

/** A name that no host has is a slip of the pen. */
export function mustBeKnown(selectors: readonly Selector[], hosts: readonly Host[], where: string): void {
  for (const selector of selectors) {
    if (hosts.some(host => fits(host, selector))) continue;
    const { by, value } = selector;
    const known = [...new Set(hosts.flatMap(host => valuesOf(host, by)))];
    const names = [...new Set(hosts.flatMap(host => ['role', ...Object.keys(host.labels)]))];
    const isName = names.includes(by) || by === 'host';
    const [given, others] = isName ? [value, known] : [by, names];
    const what = !isName ? `the label "${by}"` : by === 'role' ? `the role "${value}"` : formatSelector(selector);
    const near = didYouMean(given, others);
    throw new SlipwayError('SELECTOR_UNKNOWN', `${where}: no host has ${what}${near}`, {
      hint: `Nothing was changed. There are: ${others.join(', ') || 'none'}.`,
    });
  }
}

function formatSelector({ by, value }: Selector): string {
  return by === 'host' ? value : `${by}=${value}`;
}

function valuesOf(host: Host, by: string): readonly string[] {
  if (by === 'role') return host.roles;
  if (by === 'host') return [host.host, formatHost(host)];
  return Object.hasOwn(host.labels, by) ? [host.labels[by]!] : [];
}
