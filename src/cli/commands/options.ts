import type { Option } from '../options.ts';

/** Options that every command has. */
export const commonOptions: readonly Option[] = [
  { name: 'directory', short: 'C', value: 'PATH', help: 'Work in this folder. Default: the current one.' },
  { name: 'json', help: 'One JSON document on standard output; everything else goes to standard error.' },
  { name: 'verbose', help: 'Also show what is only for finding faults.' },
  { name: 'help', short: 'h', help: 'Show this help.' },
];

export const config: Option = { name: 'config', value: 'FILE', help: 'Path of slipway.yml. Default: slipway.yml.' };
export const environment: Option = {
  name: 'environment',
  short: 'e',
  value: 'NAME',
  help: 'One of the environments of slipway.yml.',
};
export const deployment: Option = { name: 'deployment', value: 'NAME', help: 'Only the deployment of this name.' };
export const records: Option = {
  name: 'records',
  value: 'PLACE',
  help: 'Where releases are kept, instead of what slipway.yml says.',
};
export const release: Option = {
  name: 'release',
  value: 'PATH',
  many: true,
  help: 'Release record that is meant, instead of a kept version.',
};
export const strategy: Option = {
  name: 'strategy',
  value: 'NAME',
  help: 'Strategy of the deployments, instead of their own.',
};
export const override: Option = {
  name: 'override-freeze',
  value: 'REASON',
  help: 'Deploy in a freeze window all the same; the reason is written into the record.',
};
export const yes: Option = { name: 'yes', short: 'y', help: 'Do not ask before something is changed.' };
export const version = (help: string): Option => ({ name: 'version', value: 'VERSION', help });
