import type { Mode } from '../../release/modes.ts';
import type { Command } from '../call.ts';
import type { Option } from '../options.ts';
import { config, deployment, environment, override, records, release, strategy, version, yes } from './options.ts';

const chain = (mode: Mode, summary: string, options: readonly Option[], examples: Command['examples']): Command => ({
  name: mode,
  summary,
  options: [config, environment, ...options],
  examples,
  run: async call => (await import('../chain.ts')).runChain(mode, call),
});

const of = 'The kept version. Default: the last.';

export const plan = chain(
  'plan',
  'build, and show what a deployment would change',
  [version('Show it for this kept version, without a build.'), release, records, deployment, strategy],
  [['slipway plan -e production', 'nothing is pushed and nothing is changed']],
);

export const releaseCommand = chain(
  'release',
  'build, push, deploy and verify',
  [version('Version of the release. Default: the tag on HEAD.'), records, deployment, strategy, override, yes],
  [
    ['slipway release', 'the whole chain'],
    ['slipway release -e staging --version v1.2.3', 'to one environment, under this version'],
  ],
);

export const build = chain(
  'build',
  'build, push and keep a release, without deploying it',
  [version('Version of the release. Default: the tag on HEAD.'), release, records],
  [
    ['slipway build', 'for slipway deploy, later and elsewhere'],
    ['slipway build --release slipway-out/release.json', 'keep what is built, with the signatures that it has now'],
  ],
);

export const deploy = chain(
  'deploy',
  'deploy a release that is kept',
  [version(of), release, records, deployment, strategy, override, yes],
  [['slipway deploy -e production --version v1.2.3', 'that version, not built again']],
);

export const rollback = chain(
  'rollback',
  'go back to the release before, or to any kept version',
  [version('Go back to this kept version.'), records, deployment, override, yes],
  [
    ['slipway rollback -e production', 'to the release before'],
    ['slipway rollback -e production --version v1.2.2', 'to that one'],
  ],
);

export const promote = chain(
  'promote',
  'deploy what the environment before calls verified',
  [
    {
      name: 'from',
      value: 'NAME',
      help: 'The environment that the version comes from. Default: the one before in slipway.yml.',
    },
    version('The version; it has to be verified there. Default: what was verified last.'),
    records,
    deployment,
    strategy,
    override,
    yes,
  ],
  [['slipway promote --from staging -e production', 'the same digest and bytes, not built again']],
);

export const status = chain(
  'status',
  'say what serves',
  [deployment, records, release],
  [['slipway status -e production --json', 'for a script']],
);

export const verify = chain(
  'verify',
  'prove that what runs is what was built, and healthy',
  [version(of), release, records],
  [['slipway verify -e production', 'exit code 0 only when it is verified']],
);

export const audit = chain(
  'audit',
  'look for drift: what runs against the last record',
  [version(of), release, records],
  [['slipway audit -e production', 'for a schedule']],
);

export const pause = chain(
  'pause',
  'hold an unfinished rollout on a cluster at its weight',
  [deployment],
  [['slipway pause -e production', '']],
);

export const resume = chain(
  'resume',
  'go on with an unfinished rollout on a cluster',
  [deployment],
  [['slipway resume -e production', '']],
);

export const bootstrap = chain(
  'bootstrap',
  'install the agent on the hosts: the SSH user is root for this service only',
  [deployment, yes],
  [['slipway bootstrap -e production', 'once, by the sudo that the SSH user has until then']],
);

export const abort = chain(
  'abort',
  'send all traffic back to the old release',
  [deployment],
  [['slipway abort -e production', '']],
);
