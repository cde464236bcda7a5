import { define } from '../core/definition.ts';
import { text } from '../core/values.ts';

export const definition = define({
  name: 'slipway',
  title: 'Slipway',
  description:
    'Takes a Go program from a commit to a verified release: build, image, deploy, verify, from one slipway.yml.',
  icon: 'anchor',
  color: 'blue',
  inputs: {
    version: {
      description:
        'Version of the release. Default: what slipway.yml says, else the tag on HEAD, else Go’s pseudo-version.',
      value: text,
    },
  },
  outputs: {
    release: 'Path of the release record.',
    verdict: '`verified`, `failed` or `inconclusive`; `rolled-back` when a deployment was taken back.',
    report: 'Path of the HTML report.',
  },
  post: true,
});
