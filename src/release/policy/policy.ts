import { isMap } from '../../core/config-deployments.ts';
import { type ConfigPath, invalid, readDocument } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { didYouMean } from '../../core/suggest.ts';
import { type Requirement, readRequire } from '../checklist.ts';
import { readWindow, type Window } from '../freeze/window.ts';
import { type AtLeast, readAtLeast } from './at-least.ts';
import { type PolicyText, policyText } from './source.ts';

/** What the platform team asks of every release. It only adds: what slipway.yml asks for itself stays. */
export interface Policy {
  readonly name: string;
  readonly requirements: readonly Requirement[];
  readonly windows: readonly Window[];
  readonly atLeast: readonly AtLeast[];
}

const keys = ['require', 'freeze', 'at-least', 'environments'];

export const noPolicy: Policy = { name: '', requirements: [], windows: [], atLeast: [] };

/** The policy of slipway.yml, for its environment; without one, one that asks for nothing. */
export async function readPolicy(file: ConfigFile, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Policy> {
  const found = await policyText(file, env, signal);
  return found === undefined ? noPolicy : parsePolicy(found, file);
}

/** Pure. @throws SlipwayError CONFIG_INVALID with the policy’s line */
export function parsePolicy({ name, text }: PolicyText, { environment, environments }: ConfigFile): Policy {
  const { data, at } = readDocument(text, name);
  const part = (value: unknown, path: ConfigPath, allowed: readonly string[]) => {
    if (value === undefined || value === null) return {};
    if (!isMap(value)) throw invalid(at(path), `a policy is a map of ${allowed.join(', ')}`);
    const other = Object.keys(value).find(key => !allowed.includes(key));
    if (other !== undefined)
      throw invalid(
        at([...path, other]),
        `a policy has no "${other}"${didYouMean(other, allowed)}; it can only tighten, by ${allowed.join(', ')}`,
      );
    return value;
  };
  const all = part(data, [], keys);
  const places = part(all['environments'], ['environments'], Object.keys(all['environments'] ?? {}));
  const own = part(places[environment ?? ''], ['environments', environment ?? ''], keys.slice(0, 2));
  const listsOf = (key: 'require' | 'freeze') =>
    [
      [all[key], [key]],
      [own[key], ['environments', environment ?? '', key]],
    ].flatMap(([list, path]) => {
      if (list === undefined) return [];
      if (!Array.isArray(list)) throw invalid(at(path as ConfigPath), `"${key}" is not a list`);
      return list.map((entry, index) => ({ entry, at: at([...(path as ConfigPath), index]) }));
    });
  const required = listsOf('require');
  return {
    name,
    requirements: readRequire(
      required.map(({ entry }) => entry),
      environments,
      (index, why) => {
        throw invalid(required[index]!.at, why);
      },
    ),
    windows: listsOf('freeze').map(one =>
      readWindow(one.entry, one.at, why => {
        throw invalid(one.at, `freeze: ${why}`);
      }),
    ),
    atLeast: readAtLeast(all['at-least'], at),
  };
}
