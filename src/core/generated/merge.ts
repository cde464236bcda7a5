import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { SlipwayError } from '../errors.ts';

/** A file after a rerun. */
export interface Merged {
  readonly text: string;
  /** What stayed the user's although something else would be written now: `spec.replicas: 5, not 3`. */
  readonly kept: readonly string[];
}

/**
 * A three-way merge of YAML by field: what the user changed stays, what is written differently now comes, and so does
 * what is new; comments stay. Items of lists are told apart by their names, else lists of maps by their place.
 *
 * @param base what was written last
 * @param mine what stands there now
 * @param next what is written now
 */
export function mergeYaml(file: string, base: string, mine: string, next: string): Merged {
  if (mine === base || mine === next) return { text: next, kept: [] };
  if (base === next) return { text: mine, kept: [] };
  const [was] = documents(base, file);
  const [to] = documents(next, file);
  const all = documents(mine, file);
  const own = all.find(one => identity(one) === identity(to!));
  if (own === undefined) return { text: mine, kept: [`${identity(to!)}: taken out by you`] };
  const merging = new Merging(own);
  const before = own.toJS();
  merging.map(was!.toJS(), to!.contents as YAMLMap, own.contents as YAMLMap, '');
  const text = isDeepStrictEqual(before, own.toJS()) ? mine : all.map(one => one.toString({ lineWidth: 0 })).join('');
  return { text, kept: merging.kept };
}

/** @throws SlipwayError with file, line and column where it is no YAML */
export function documents(text: string, file: string): Document[] {
  const all = parseAllDocuments(text) as Document[];
  const [problem] = all.flatMap(one => one.errors);
  if (problem !== undefined)
    throw new SlipwayError('MANIFEST_INVALID', `${file}: ${problem.message.split('\n')[0]!.replace(/:$/, '')}`, {
      hint: 'Nothing was written. Correct the YAML, then run it again.',
    });
  return all.filter(one => isMap(one.contents));
}

function identity(document: Document): string {
  return `${document.get('kind')}/${document.getIn(['metadata', 'name'])}`;
}

type Values = Record<string, unknown>;

class Merging {
  readonly kept: string[] = [];
  readonly #document: Document;

  /** @param document the user's, which is changed */
  constructor(document: Document) {
    this.#document = document;
  }

  map(base: Values, next: YAMLMap, mine: YAMLMap, path: string): void {
    next.items.forEach((pair, index) => {
      const key = keyOf(pair);
      const here = path === '' ? key : `${path}.${key}`;
      if (mine.has(key)) {
        const found = mine.items.find(one => keyOf(one) === key)!;
        found.value = this.#value(base[key], pair.value as Node, found.value as Node, here);
      } else if (!(key in base)) {
        const after = next.items.slice(0, index).findLast(one => mine.has(keyOf(one)));
        const at = after === undefined ? 0 : mine.items.findIndex(one => keyOf(one) === keyOf(after)) + 1;
        mine.items.splice(at, 0, pair);
      }
    });
    for (const [key, value] of Object.entries(base))
      if (!next.has(key) && isDeepStrictEqual(this.#js(mine.get(key, true)), value)) mine.delete(key);
  }

  #value(base: unknown, next: Node, mine: Node, path: string): Node {
    const [wanted, own] = [this.#js(next), this.#js(mine)];
    if (isDeepStrictEqual(wanted, base) || isDeepStrictEqual(wanted, own)) return mine;
    if (isMap(next) && isMap(mine)) {
      this.map(isValues(base) ? base : {}, next, mine, path);
      return mine;
    }
    if (isSeq(next) && isSeq(mine) && this.#list(base, next, mine, path)) return mine;
    if (!isDeepStrictEqual(own, base)) {
      this.kept.push(`${path}: ${shown(own)}, not ${shown(wanted)}`);
      return mine;
    }
    if (!isScalar(next) || !isScalar(mine)) return next;
    mine.value = next.value;
    if (next.type !== undefined) mine.type = next.type;
    delete mine.source; // of the former value
    return mine;
  }

  /** @returns whether the items could be told apart */
  #list(base: unknown, next: YAMLSeq, mine: YAMLSeq, path: string): boolean {
    const was = Array.isArray(base) ? base : [];
    const items = [...next.items, ...mine.items];
    if (!items.every(isMap) || !was.every(isValues)) return false;
    const lists = [was, this.#js(next), this.#js(mine)] as Values[][];
    if (
      lists.every(
        list => new Set(list.map(nameOf)).size === list.length && list.every(one => nameOf(one) !== undefined),
      )
    ) {
      this.#named(was, next, mine, path);
      return true;
    }
    if (new Set(lists.map(list => list.length)).size > 1) return false;
    next.items.forEach((item, index) => {
      this.map(was[index]!, item as YAMLMap, mine.items[index] as YAMLMap, `${path}.${index}`);
    });
    return true;
  }

  #named(was: Values[], next: YAMLSeq, mine: YAMLSeq, path: string): void {
    const nameIn = (item: unknown) => nameOf(this.#js(item) as Values);
    const find = (list: YAMLSeq, name: unknown) => list.items.findIndex(item => nameIn(item) === name);
    for (const item of next.items as YAMLMap[]) {
      const name = nameIn(item);
      const former = was.find(one => nameOf(one) === name);
      const at = find(mine, name);
      if (at >= 0) this.map(former ?? {}, item, mine.items[at] as YAMLMap, `${path}.${name}`);
      else if (former === undefined) mine.items.push(item);
    }
    for (const former of was) {
      const at = find(mine, nameOf(former));
      if (find(next, nameOf(former)) < 0 && at >= 0 && isDeepStrictEqual(this.#js(mine.items[at]), former))
        mine.items.splice(at, 1);
    }
  }

  #js(node: unknown): unknown {
    return (node as Node | null | undefined)?.toJS(this.#document);
  }
}

const keyOf = (pair: Pair) => String(isScalar(pair.key) ? pair.key.value : pair.key);
const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Containers and groups have a `name`; of rules and jobs of Prometheus other keys say what they are called. */
const nameOf = (item: Values) => item['name'] ?? item['alert'] ?? item['record'] ?? item['job_name'];
const shown = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
