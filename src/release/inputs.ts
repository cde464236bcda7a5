import { define } from '../core/definition.ts';
import { bool, choice, text } from '../core/values.ts';
import { modes } from './modes.ts';

export const definition = define({
  name: 'slipway',
  title: 'Slipway',
  description:
    'Takes a Go program from a commit to a verified release: build, image, deploy, verify, from one slipway.yml.',
  icon: 'anchor',
  color: 'blue',
  inputs: {
    mode: {
      description:
        'What to do. `release`: build, image, deploy and verify, as far as slipway.yml has the sections. `build`: without deploying; with `release`, the binaries of other jobs become the image. `plan`: builds, and shows what a deployment would do. With a release that is kept (`records`) or handed on (`release`): `deploy`; `promote`, which takes the version that the environment before calls verified; `verify`; `audit`. `rollback` goes back to the release before, with `version` to that one. `status` says what serves. `doctor` looks through the production checklist. `bootstrap` installs the agent on the hosts, once, so that their SSH user is root for this service only. Of an unfinished rollout on a cluster: `resume`, `pause`, `abort`. `observe` writes alerts, a dashboard and more for the service, from the section of that name.',
      value: choice(...modes),
      default: 'release',
    },
    environment: { description: 'One of the `environments` of slipway.yml.', value: text },
    version: {
      description:
        'Version of the release that is built. Default: what slipway.yml says, else the tag on HEAD, else Go’s pseudo-version. Of the other modes: the version that is kept; default: the last.',
      value: text,
    },
    from: {
      description: 'Of `promote`: the environment that the version comes from. Default: the one before in slipway.yml.',
      value: text,
    },
    strategy: { description: 'Strategy of the deployments, instead of their own.', value: text },
    deployment: { description: 'Only the deployment of this name.', value: text },
    records: {
      description:
        'Where releases and what was done with them are kept, instead of what slipway.yml says: `oci`, `folder`, `git`, or a map such as `{ folder: PATH }`.',
      value: text,
    },
    'override-freeze': {
      description: 'Why it is deployed all the same in a `freeze` window; the reason is written into the record.',
      value: text,
    },
    github: {
      description:
        'With `GITHUB_TOKEN` in the step’s `env`, tell GitHub: the deployment and the commit’s status, at a tag the GitHub release with its files; a plan is the pull request’s comment, an audit keeps one issue.',
      value: bool,
      default: 'true',
    },
  },
  outputs: {
    release: 'Path of the release record.',
    version: 'Version of the release.',
    digest: 'Digest of its image; empty when it has none.',
    image: '`REPOSITORY@DIGEST` of its image.',
    state: 'State of the deployments: that of the worst; of a plan, `planned`.',
    changed: 'Whether anything was changed in a place.',
    verdict: '`verified`, `failed` or `inconclusive`; `rolled-back` when a deployment was taken back.',
    report: 'Path of the HTML report.',
  },
  post: true,
});
