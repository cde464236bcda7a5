import type { ActionName } from './action-names.ts';
import { type ConfigPath, invalid } from './config-document.ts';
import { isExactNumber } from './exact-number.ts';
import { didYouMean } from './suggest.ts';

export type Section = Record<string, unknown>;

/** An entry of `deploy`; several of one kind have each a name. */
export type Deployment = Section & { kind: ActionName; name?: string };

type At = (path: ConfigPath) => string;

const deployKinds = ['deploy-ssh-systemd', 'deploy-k8s-canary'];

/** The list `deploy` of a file: every entry has a kind, and those of one kind different names. */
export function deploymentsOf(deploy: unknown, at: At): Deployment[] {
  const seen = new Map<string, number>();
  return entriesOf(deploy, ['deploy'], at).map((entry, index) => {
    const read = { ...entry, kind: kindOf(entry['kind'], ['deploy', index], at) };
    const key = JSON.stringify([read.kind, entry.name]);
    const other = seen.get(key);
    if (other !== undefined) {
      const alike = entry.name === undefined ? 'without a name' : `with the name "${entry.name}"`;
      throw invalid(
        at(['deploy', index]),
        `deploy[${other}] and deploy[${index}] are both ${read.kind} ${alike}: name them apart`,
      );
    }
    seen.set(key, index);
    return read;
  });
}

/** The entries of a list of deployments, their names checked. */
export function entriesOf(list: unknown, path: ConfigPath, at: At): (Section & { name?: string })[] {
  if (!Array.isArray(list) || !list.every(isMap))
    throw invalid(at(path), `"${path.join('.')}" is not a list of deployments`);
  return list.map((entry, index) => {
    const { name: given, ...rest } = entry;
    if (given === undefined) return rest;
    const where = at([...path, index, 'name']);
    const name = word(given, `${path.join('.')}[${index}].name`, where);
    if (/[#/\\]/.test(name))
      throw invalid(
        where,
        `${path.join('.')}[${index}].name is "${name}": a name has no #, / or \\, because FILE#NAME names it`,
      );
    return { ...rest, name };
  });
}

export function kindOf(given: unknown, path: ConfigPath, at: At): ActionName {
  const kind = String(given ?? '');
  if (deployKinds.includes(kind)) return kind as ActionName;
  const name = `${path.slice(0, -1).join('.')}[${path.at(-1)}]`;
  throw invalid(
    at([...path, 'kind']),
    `${name}.kind is "${kind}"${didYouMean(kind, deployKinds)}; allowed: ${deployKinds.join(', ')}`,
  );
}

/** A text or a number, as it was written. */
export function word(value: unknown, what: string, place: string): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  if (isExactNumber(value)) return value.rawJSON;
  throw invalid(place, `"${what}" is not a text`);
}

export function isMap(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}
