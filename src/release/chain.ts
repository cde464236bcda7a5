import type { ActionName } from '../core/action-names.ts';
import type { ConfigFile } from '../core/config-file.ts';

/** One link of the chain: an action, and where its inputs stand in slipway.yml. */
export interface Link {
  readonly action: ActionName;
  /** For the log: `deploy-ssh-systemd (production)`. */
  readonly title: string;
  /** The input `config` of the action. */
  readonly config: string;
}

/** The links that a slipway.yml asks for, in the order of the chain. A section that is not there is a link left out. */
export function planChain(file: ConfigFile): Link[] {
  const link = (action: ActionName, name?: string): Link => ({
    action,
    title: name === undefined ? action : `${action} (${name})`,
    config: name === undefined ? file.file : `${file.file}#${name}`,
  });
  return [
    ...(file.build === undefined ? [] : [link('setup-go-cross')]),
    ...(file.image === undefined ? [] : [link('build-multiarch-image')]),
    ...(file.deploy ?? []).map(entry => link(entry.kind, entry.name)),
    ...(file.verify === undefined ? [] : [link('verify-health')]),
  ];
}
