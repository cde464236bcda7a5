import { isMap, isNode, isPair, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { SlipwayError } from '../../core/errors.ts';
import type { Backend, RouteKind } from '../weights.ts';
import { documentsOf, plainScalar, type Source } from './documents.ts';
import { columnOf, type Edit, edited } from './edit.ts';

/** A list of weighted backends as a manifest writes it. */
export interface WeightsPlace {
  readonly source: Source;
  readonly list: YAMLSeq.Parsed<YAMLMap.Parsed>;
}

const keysOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map(key => (/^\d+$/.test(key) ? Number(key) : key));

/** @param at JSON pointer of the list within the route @throws RENDER_NO_ROUTE */
export function findWeights(
  sources: readonly Source[],
  { kind, nameAt }: Pick<RouteKind, 'kind' | 'nameAt'>,
  route: string,
  at: string,
): WeightsPlace {
  const found = sources.flatMap(source =>
    documentsOf(source, kind, route).flatMap(document => {
      const list = document.getIn(keysOf(at), true);
      const named = isSeq(list) && list.items.every(one => isMap(one) && isScalar(one.getIn(keysOf(nameAt), true)));
      return named ? [{ source, list: list as WeightsPlace['list'] }] : [];
    }),
  );
  if (found.length === 1) return found[0]!;
  throw new SlipwayError(
    'RENDER_NO_ROUTE',
    `${found.length} of the files ${sources.map(({ path }) => path).join(', ')} have ${kind}/${route} with ${at}`,
    { hint: 'Name the file of the route in "manifests", once. Nothing was changed.' },
  );
}

/** Names of what the list leads to, in its order. */
export function namesIn({ list }: WeightsPlace, { nameAt }: Pick<RouteKind, 'nameAt'>): string[] {
  return list.items.map(one => String(one.getIn(keysOf(nameAt))));
}

/** The list's text, to the end of its last line. */
export function textOf({ source, list }: WeightsPlace): string {
  return source.text.slice(list.range[0], lineEnd(source.text, list));
}

/** The file of `now` with the text of a list in place of its own. */
export function withText({ source, list }: WeightsPlace, text: string): string {
  return edited(source.text, [{ start: list.range[0], end: lineEnd(source.text, list), text }]);
}

/**
 * The list's text with the wanted weights: entries that are there keep everything but their weight, and one that is new is a copy
 * of the entry before it, with another name.
 *
 * @param place the list as it was before the rollout
 */
export function weighted(
  place: WeightsPlace,
  { nameAt }: Pick<RouteKind, 'nameAt'>,
  backends: readonly Backend[],
): string {
  const { source, list } = place;
  const { text } = source;
  const start = list.range[0];
  const edits: Edit[] = [];
  let own = -1;
  for (const backend of backends) {
    const name = nameIn(backend, nameAt);
    const next = list.items[own + 1];
    if (next !== undefined && next.getIn(keysOf(nameAt)) === name) {
      own++;
      edits.push(weightEdit(text, next, backend.weight ?? 1));
      continue;
    }
    const model = list.items[own]!;
    const at = list.flow ? endOf(model) : lineEnd(text, model);
    edits.push({
      start: at,
      end: at,
      text: before(text, list, model) + copy(text, model, nameAt, name, backend.weight),
    });
  }
  return joined(
    textOf(place),
    edits.map(one => ({ ...one, start: one.start - start, end: one.end - start })),
  );
}

/** The name that an entry of the API leads to. */
export function nameIn(backend: Backend, nameAt: string): string {
  return String(keysOf(nameAt).reduce<unknown>((value, key) => (value as Backend | undefined)?.[key], backend));
}

/** An entry's text with another name and weight, without the comment after its last value. */
function copy(text: string, model: YAMLMap.Parsed, nameAt: string, name: string, weight = 1): string {
  const [from, end] = [model.range[0], endOf(model)];
  const scalar = model.getIn(keysOf(nameAt), true) as Scalar.Parsed;
  const changes = [weightEdit(text, model, weight), { start: scalar.range[0], end: scalar.range[1], text: name }];
  return edited(
    text.slice(from, end),
    changes.map(one => ({ ...one, start: one.start - from, end: one.end - from })),
  );
}

/** Several copies at one place keep their order. */
function joined(text: string, edits: readonly Edit[]): string {
  const byPlace = new Map<string, Edit>();
  for (const edit of edits) {
    const key = `${edit.start}-${edit.end}`;
    const there = byPlace.get(key);
    byPlace.set(key, there === undefined ? edit : { ...edit, text: there.text + edit.text });
  }
  return edited(text, [...byPlace.values()]);
}

function weightEdit(text: string, entry: YAMLMap.Parsed, weight: number): Edit {
  const scalar = plainScalar(entry.get('weight', true));
  if (scalar !== undefined) return { start: scalar.range[0], end: scalar.range[1], text: String(weight) };
  // before the first key, so that no comment at the end of a line is parted from it
  const [start] = entry.range;
  return entry.flow
    ? { start: start + 1, end: start + 1, text: `weight: ${weight}, ` }
    : { start, end: start, text: `weight: ${weight}${newline(text)}${' '.repeat(columnOf(text, start))}` };
}

/** What stands between two entries. */
function before(text: string, list: YAMLSeq.Parsed, entry: YAMLMap.Parsed): string {
  if (list.flow) return ', ';
  const from = entry.range[0];
  const dash = text.lastIndexOf('-', from - 1);
  return `${newline(text)}${' '.repeat(columnOf(text, dash))}${text.slice(dash, from)}`;
}

/** The end of the line on which a node ends: a comment there belongs to it. Within brackets, where it ends itself. */
function lineEnd(text: string, node: WeightsPlace['list'] | YAMLMap.Parsed): number {
  const at = endOf(node);
  if (isSeq(node) && node.flow) return at;
  const end = text.indexOf('\n', at);
  const line = end < 0 ? text.length : end;
  return text[line - 1] === '\r' ? line - 1 : line;
}

const newline = (text: string) => (text.includes('\r\n') ? '\r\n' : '\n');

/** Where the last value ends; the range of a map or a list takes in the lines that follow. */
function endOf(node: Node): number {
  if ((isMap(node) || isSeq(node)) && !node.flow) {
    const last = node.items.at(-1);
    const inner = isPair(last) ? (last.value ?? last.key) : last;
    if (isNode(inner)) return endOf(inner);
  }
  return node.range![1];
}
