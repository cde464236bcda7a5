import { type Deployment, entriesOf, isMap, kindOf, type Section, word } from './config-deployments.ts';
import { type ConfigPath, invalid } from './config-document.ts';
import { didYouMean } from './suggest.ts';

/** What a place such as staging or production has of its own. */
export interface Environment {
  /** Where people open it. */
  readonly url?: string;
  /** Findings of the checklist without which nothing is deployed there. */
  readonly require?: readonly unknown[];
  /** Who is told, in place of those of the file. */
  readonly notify?: unknown;
  /** When nothing is deployed there, besides what the file says. */
  readonly freeze?: unknown;
  readonly deploy?: readonly (Section & { name?: string })[];
  readonly verify?: Section;
  readonly observe?: Section;
}

type At = (path: ConfigPath) => string;

const keys = ['url', 'require', 'notify', 'freeze', 'observe', 'deploy', 'verify'];

/** The map `environments` of a file, each one's shape checked. */
export function environmentsOf(given: unknown, at: At): Record<string, Environment> {
  if (!isMap(given)) throw invalid(at(['environments']), '"environments" is not a map of names');
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, environmentOf(name, value, at)]));
}

function environmentOf(name: string, value: unknown, at: At): Environment {
  const path = ['environments', name];
  if (!/^[\w-]+$/.test(name))
    throw invalid(at(path), `the environment "${name}": a name has letters, digits, - and _ only`);
  if (value === null) return {};
  if (!isMap(value)) throw invalid(at(path), `"${path.join('.')}" is not a map with keys such as ${keys.join(', ')}`);
  for (const key of Object.keys(value)) {
    if (key === 'build' || key === 'image')
      throw invalid(
        at([...path, key]),
        `"${path.join('.')}" has "${key}": a release is built once and goes through all environments`,
      );
    if (!keys.includes(key))
      throw invalid(
        at([...path, key]),
        `unknown key "${key}" of environment "${name}"${didYouMean(key, keys)}; allowed: ${keys.join(', ')}`,
      );
  }
  const { url, require, notify, freeze, deploy } = value;
  if (require !== undefined && !Array.isArray(require))
    throw invalid(at([...path, 'require']), `"${path.join('.')}.require" is not a list`);
  const [verify, observe] = ['verify', 'observe'].map(key => sectionOf(value[key], [...path, key], at));
  return {
    ...(url === undefined ? {} : { url: word(url, `${path.join('.')}.url`, at([...path, 'url'])) }),
    ...(require === undefined ? {} : { require }),
    ...(notify === undefined ? {} : { notify }),
    ...(freeze === undefined ? {} : { freeze }),
    ...(deploy === undefined ? {} : { deploy: entriesOf(deploy, [...path, 'deploy'], at) }),
    ...(verify === undefined ? {} : { verify }),
    ...(observe === undefined ? {} : { observe }),
  };
}

function sectionOf(value: unknown, path: ConfigPath, at: At): Section | undefined {
  if (value === undefined || isMap(value)) return value;
  throw invalid(at(path), `"${path.join('.')}" is not a map of inputs`);
}

/** The deployments and the verification of a place, and where what it says of its own stands in the file. */
export interface Applied {
  readonly deploy: readonly Deployment[];
  readonly verify: Section | undefined;
  readonly observe: Section | undefined;
  /** The path in the file of a path in the result, where the two differ. */
  readonly origin: (path: ConfigPath) => ConfigPath;
}

/**
 * Lays an environment over what the file says for all: input by input. An entry of its `deploy` belongs to the one of
 * the same name, or to the only one of its kind; what has none is added.
 */
export function applyEnvironment(
  name: string,
  own: Environment,
  all: { deploy: readonly Deployment[]; verify?: Section; observe?: Section },
  at: At,
): Applied {
  const deploy: Deployment[] = [...all.deploy];
  const origins = new Map<string, ConfigPath>();
  const remember = (path: ConfigPath, origin: ConfigPath) => origins.set(JSON.stringify(path), origin);
  for (const [index, entry] of (own.deploy ?? []).entries()) {
    const path = ['environments', name, 'deploy', index];
    const found = fitting(entry, deploy);
    const place = found < 0 ? deploy.length : found;
    deploy[place] = { ...deploy[found], ...entry, kind: kindOf(entry['kind'] ?? deploy[found]?.kind, path, at) };
    if (found < 0) remember(['deploy', place], path);
    for (const key of Object.keys(entry)) remember(['deploy', place, key], [...path, key]);
  }
  for (const section of ['verify', 'observe'] as const)
    for (const key of Object.keys(own[section] ?? {})) remember([section, key], ['environments', name, section, key]);
  const [verify, observe] = (['verify', 'observe'] as const).map(key =>
    all[key] === undefined && own[key] === undefined ? undefined : { ...all[key], ...own[key] },
  );
  return { deploy, verify, observe, origin: path => origins.get(JSON.stringify(path)) ?? path };
}

function fitting(entry: Section & { name?: string }, deploy: readonly Deployment[]): number {
  const kind = entry['kind'];
  const alike = deploy.flatMap((one, index) => (kind === undefined || one.kind === kind ? [{ one, index }] : []));
  if (entry.name !== undefined) return alike.find(({ one }) => one.name === entry.name)?.index ?? -1;
  return alike.length === 1 ? alike[0]!.index : -1;
}
