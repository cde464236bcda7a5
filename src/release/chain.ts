import type { ActionName } from '../core/action-names.ts';
import { invalid } from '../core/config-document.ts';
import type { ConfigFile } from '../core/config-file.ts';
import { didYouMean } from '../core/suggest.ts';
import { type Mode, modeOf } from './modes.ts';

/** One link of the chain: an action, and where its inputs stand in slipway.yml. */
export interface Link {
  readonly action: ActionName;
  /** For the log: `deploy-ssh-systemd (production)`. */
  readonly title: string;
  /** The input `config` of the action. */
  readonly config: string;
  /** Inputs that outrank the file's. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** What of a request says which links there are. */
export interface Wanted {
  readonly mode: Mode;
  /** Whether the release is there already. */
  readonly stored: boolean;
  readonly deployment?: string | undefined;
  readonly strategy?: string | undefined;
}

/** The links that a slipway.yml has for a request, in the order of the chain. A section that is not there is a link left out. */
export function planChain(file: ConfigFile, wanted: Wanted = { mode: 'release', stored: false }): Link[] {
  const place = file.environment === undefined ? file.file : `${file.file}@${file.environment}`;
  const link = (action: ActionName, name?: string): Link[] => {
    const mode = modeOf(wanted.mode, action, wanted.stored);
    if (mode === undefined) return [];
    const strategy = action.startsWith('deploy-') ? wanted.strategy : undefined;
    return [
      {
        action,
        title: name === undefined ? action : `${action} (${name})`,
        config: name === undefined ? place : `${place}#${name}`,
        inputs: { ...(mode && { mode }), ...(strategy && { strategy }) },
      },
    ];
  };
  return [
    ...(file.build === undefined ? [] : link('setup-go-cross')),
    ...(file.image === undefined ? [] : link('build-multiarch-image')),
    ...wantedDeployments(file, wanted.deployment).flatMap(entry => link(entry.kind, entry.name)),
    ...(file.verify === undefined ? [] : link('verify-health')),
  ];
}

function wantedDeployments({ deploy = [], at }: ConfigFile, name: string | undefined) {
  if (name === undefined) return deploy;
  const found = deploy.filter(entry => entry.name === name);
  if (found.length > 0) return found;
  const names = deploy.flatMap(entry => entry.name ?? []);
  throw invalid(
    at(['deploy']),
    `there is no deployment "${name}"${didYouMean(name, names)}; there are ${names.join(', ') || 'none with a name'}`,
  );
}
