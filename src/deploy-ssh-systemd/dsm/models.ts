import { SlipwayError } from '../../core/errors.ts';
import { formatTarget, runsOn, type Target, targetOfMachine } from '../../core/target.ts';

/**
 * What each of Synology's platforms is: the word between `synology_` and the model in /etc.defaults/synoinfo.conf
 * (`unique="synology_geminilake_920+"`), which its toolchains and packages are named by, too.
 */
const platforms: Readonly<Record<string, readonly string[]>> = {
  'linux/amd64': [
    ...['apollolake', 'avoton', 'braswell', 'broadwell', 'broadwellnk', 'broadwellnkv2', 'broadwellntbap'],
    ...['bromolow', 'cedarview', 'denverton', 'dockerx64', 'epyc7002', 'geminilake', 'geminilakenk', 'grantley'],
    ...['kvmcloud', 'kvmx64', 'nextkvmx64', 'purley', 'r1000', 'r1000nk', 'skylaked', 'v1000', 'v1000nk', 'x86'],
  ],
  'linux/386': ['evansport'],
  'linux/arm64': ['armada37xx', 'rtd1293', 'rtd1296', 'rtd1619', 'rtd1619b'],
  'linux/arm/v7': [
    ...['alpine', 'alpine4k', 'armada370', 'armada375', 'armada38x', 'armadaxp'],
    ...['comcerto2k', 'hi3535', 'monaco', 'northstarplus'],
  ],
  'linux/arm/v5': ['88f6281', '88f6282', '88f628x'],
};

/** A NAS as it says of itself. */
export interface Nas {
  /** `7.2.2-72806`; `-` where there is no DSM. */
  readonly dsm: string;
  /** `DS920+`. */
  readonly model: string;
  /** `synology_geminilake_920+`. */
  readonly unique: string;
}

/** The target of a platform; undefined for one that is not known. */
export function targetOfPlatform(platform: string): Target | undefined {
  const found = Object.entries(platforms).find(([, names]) => names.includes(platform));
  if (found === undefined) return undefined;
  const [os = '', arch = '', variant] = found[0].split('/');
  return { os, arch, ...(variant === undefined ? {} : { variant }) };
}

/**
 * The model is what it says only where the processor agrees: `uname -m` decides what runs, and a host on which both differ
 * is not what it seems (a restored configuration, a container, an emulator).
 *
 * @throws MODEL_UNKNOWN, MODEL_CONTRADICTED
 */
export function mustBeKnownModel(place: string, { model, unique, dsm }: Nas, uname: string): void {
  const platform = /^synology_([^_]+)_/.exec(unique)?.[1] ?? '';
  const target = targetOfPlatform(platform);
  const name = model || unique || 'a machine without a model';
  if (target === undefined) {
    const seen = dsm === '-' ? 'it has no DSM (no /etc.defaults/VERSION)' : `its platform is "${platform || unique}"`;
    throw new SlipwayError('MODEL_UNKNOWN', `${place}: ${name} is no model that \`layout: dsm\` knows: ${seen}`, {
      hint: `Nothing was changed. Known platforms: ${Object.values(platforms).flat().sort().join(', ')}. A host without DSM has \`layout: systemd\`.`,
    });
  }
  const machine = targetOfMachine(uname);
  if (!runsOn(target, machine) && !runsOn(machine, target))
    throw new SlipwayError(
      'MODEL_CONTRADICTED',
      `${place}: ${name} (${platform}) is ${formatTarget(target)}, and \`uname -m\` says ${uname} (${formatTarget(machine)})`,
      {
        hint: 'Nothing was changed. Look at /etc.defaults/synoinfo.conf on the host, and whether it is the host you mean.',
      },
    );
}
