import { insecure } from '../../core/registry/insecure.ts';
import { formatReference, parseReference } from '../../core/registry/reference.ts';
import { choice, mapped, text } from '../../core/values.ts';

export const containerInputs = {
  runtime: {
    description:
      '`container` runs the image of the release record, by its digest, with podman or docker under systemd: no capabilities, a read-only root, the network of the host, limits and user as for a binary. `compose` runs the compose file of `compose-file`, as one unit.',
    value: choice('binary', 'container', 'compose'),
    default: 'binary',
  },
  'container-engine': {
    description:
      'What runs containers on the hosts. Default: what runs the release that serves, else podman where the host has it, else docker.',
    value: choice('podman', 'docker'),
  },
  image: {
    description: 'The image for `runtime: container`, `REPOSITORY@sha256:…`. Default: the one of the record.',
    value: mapped(text, 'an image reference with its registry', given => formatReference(parseReference(given))),
  },
  'compose-file': {
    description:
      'The compose file for `runtime: compose`. Its tags become digests: the record’s, where the image is in one of its repositories, else what the registry has now.',
    value: text,
    default: 'compose.yaml',
  },
  'registry-username': {
    description:
      'User at the image’s registry, for this run and for the hosts, which forget it after the pull. Otherwise: here Docker’s config.json, or GITHUB_TOKEN for ghcr.io; on a host what root is logged in with there.',
    value: text,
  },
  'registry-password': { description: 'Password or token that belongs to it.', value: text, secret: true },
  'insecure-registries': {
    description:
      'Registries that are asked by plain HTTP: hosts, or `true` for all. How hosts pull is their own matter (registries.conf, daemon.json).',
    value: insecure,
    default: 'false',
  },
};
