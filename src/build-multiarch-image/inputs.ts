import { define } from '../core/definition.ts';
import { SlipwayError } from '../core/errors.ts';
import type { Insecure } from '../core/registry/endpoint.ts';
import { formatRepository, parseRepository } from '../core/registry/reference.ts';
import { formatPlatform, parseTarget, platformOf } from '../core/target.ts';
import { bool, choice, lines, list, mapped, pairs, text, type Value } from '../core/values.ts';
import { parseAnnotations } from './annotations.ts';
import { parseBase } from './base-name.ts';
import { dockerfileInputs } from './dockerfile/inputs.ts';
import { smokeInputs } from './smoke/inputs.ts';
import { parseFlavor } from './tags/flavor.ts';
import { parseTagRule } from './tags/rule.ts';

/** An argument vector: a JSON array, or one argument a line. Never split at blanks. */
const argv: Value<string[]> = {
  ...lines,
  kind: 'arguments',
  allowed: 'one argument a line, or a JSON array of texts',
  parse: raw => {
    if (!raw.startsWith('[')) return lines.parse(raw);
    const parsed: unknown = JSON.parse(raw);
    if (Array.isArray(parsed) && parsed.every(item => typeof item === 'string')) return parsed as string[];
    throw new SlipwayError('ARGV_INVALID', 'an item is not a text');
  },
};

const insecure: Value<Insecure> = {
  kind: '`true`, `false` or hosts',
  allowed: 'true, false, or the hosts (with :PORT) that are reached by plain HTTP',
  schema: { anyOf: [{ type: 'boolean' }, list.schema] },
  parse: raw => {
    if (/^(true|false)$/i.test(raw)) return raw.toLowerCase() === 'true';
    const hosts = list.parse(raw);
    for (const host of hosts) {
      if (/^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9a-f:]+\](:\d+)?$/.test(host)) continue;
      throw new SlipwayError('HOST_INVALID', `"${host}" is not a host`);
    }
    return hosts;
  },
};

const ports = mapped(list, 'ports such as 8080 or 53/udp', items =>
  items.map(item => {
    const [, port, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(item) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw new SlipwayError('PORT_INVALID', `"${item}" is not a port`);
    return `${Number(port)}/${protocol}`;
  }),
);

const user = mapped(text, 'a number or name, with :GROUP if wanted, such as 65532 or 1000:1000', raw => {
  if (!/^[a-z0-9_][a-z0-9_.-]*(:[a-z0-9_][a-z0-9_.-]*)?$/i.test(raw))
    throw new SlipwayError('USER_INVALID', 'it is not a user');
  return raw;
});

const workdir = mapped(text, 'an absolute path', raw => {
  if (!raw.startsWith('/')) throw new SlipwayError('PATH_INVALID', 'it does not begin with "/"');
  return raw;
});

const layout = mapped(text, '`oci-layout:PATH`', raw => {
  if (!/^oci-layout:./.test(raw)) throw new SlipwayError('OUTPUT_INVALID', 'it is no kind of output that is known');
  return raw.slice('oci-layout:'.length);
});

export const definition = define({
  name: 'build-multiarch-image',
  title: 'Slipway: build a multi-architecture image',
  description:
    'Makes one OCI image for all platforms from cross-built Go binaries, reproducibly, and pushes it: no Docker, no emulation.',
  icon: 'package',
  color: 'blue',
  inputs: {
    images: {
      description: 'Repositories to push to, one a line, each with its registry: `ghcr.io/acme/hello`.',
      value: mapped(list, 'repositories with their registry, such as ghcr.io/acme/hello, one a line', items => [
        ...new Map(items.map(parseRepository).map(one => [formatRepository(one), one])).values(),
      ]),
      default: '',
    },
    tags: {
      description:
        'One a line: a tag, or a rule `type=semver|match|ref|edge|schedule|raw|sha,…` as of docker/metadata-action. Default: the version.',
      value: mapped(lines, 'tags or rules such as type=semver,pattern={{version}}, one a line', items =>
        items.map(parseTagRule),
      ),
      default: '',
    },
    flavor: {
      description:
        'For all tags, as of docker/metadata-action: `latest=auto|true|false`, `prefix=…[,onlatest=true]`, `suffix=…[,onlatest=true]`, one a line.',
      value: mapped(lines, 'latest=auto, prefix=TEXT or suffix=TEXT, one a line', parseFlavor),
      default: '',
    },
    latest: {
      description:
        '`highest`: the tag `latest` only moves to the highest stable version that the registry has; `any`: it moves to every release that asks for it.',
      value: choice('highest', 'any'),
      default: 'highest',
    },
    'immutable-tags': {
      description: 'Globs of tags that are never overwritten with another digest, such as `v*` or `*.*.*`.',
      value: list,
      default: '',
    },
    platforms: {
      description: 'Platforms of the image, such as `linux/amd64,linux/arm/v7`. Default: those of all Linux binaries.',
      value: mapped(list, 'Linux platforms such as linux/amd64 and linux/arm/v7', items =>
        [...new Set(items)].map(item => {
          const target = parseTarget(item);
          if (target.os !== 'linux') throw new SlipwayError('PLATFORM_INVALID', `"${item}" is not a Linux platform`);
          return formatPlatform(platformOf(target));
        }),
      ),
      default: '',
    },
    binaries: {
      description:
        'Binaries where no record names them: globs or templates with {name} {os} {arch} {variant}, one a line. Files of other systems are left out.',
      value: lines,
      default: '',
    },
    base: {
      description:
        '`scratch` (with certificates, users and /tmp), an image of a registry, or `oci-layout:PATH`; best by digest.',
      value: mapped(text, 'scratch, HOST/PATH[:TAG][@DIGEST], or oci-layout:PATH[:TAG][@DIGEST]', parseBase),
      default: 'scratch',
    },
    entrypoint: {
      description: 'Arguments, one a line or as JSON. Default: the binary, `/usr/local/bin/NAME`.',
      value: argv,
      default: '',
    },
    cmd: { description: 'Default arguments, one a line or as JSON.', value: argv, default: '' },
    env: { description: 'Environment of the container: `NAME=value`, one a line.', value: pairs, default: '' },
    user: { description: 'User that the program runs as, best by number.', value: user, default: '65532' },
    workdir: { description: 'Folder that the program starts in. Default: the base’s, else `/`.', value: workdir },
    ports: { description: 'Ports that the program listens on, such as `8080` or `53/udp`.', value: ports, default: '' },
    labels: {
      description: 'Labels: `NAME=value`, one a line. Version, revision, source and time are set from the record.',
      value: pairs,
      default: '',
    },
    annotations: {
      description:
        'Annotations: `NAME=value`, one a line, for index and manifests; `index:NAME=value` or `manifest:NAME=value` for one.',
      value: mapped(pairs, '[index:|manifest:]NAME=value, one a line', parseAnnotations),
      default: '',
    },
    ...dockerfileInputs,
    ...smokeInputs,
    push: { description: 'Push to `images`.', value: bool, default: 'true' },
    output: { description: 'Also write the image to an OCI layout folder: `oci-layout:PATH`.', value: layout },
    insecure: {
      description:
        'Registries that are reached by plain HTTP: hosts, or `true` for all. This machine itself always is.',
      value: insecure,
      default: 'false',
    },
    'registry-username': {
      description: 'User at the registry of `images`. Otherwise: Docker’s config.json; GITHUB_TOKEN for ghcr.io.',
      value: text,
    },
    'registry-password': { description: 'Password or token that belongs to it.', value: text, secret: true },
  },
  outputs: {
    digest: 'Digest of the image index.',
    image: '`REPOSITORY@DIGEST` of the first repository; empty when nothing was pushed.',
    tags: 'Full references that were written, one a line.',
    metadata:
      'JSON as of docker/build-push-action: `containerimage.digest`, `containerimage.descriptor`, `image.name`.',
    release: 'Path of the release record.',
  },
});
