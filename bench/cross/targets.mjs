// What is built: the first three are those of the cold part, the first six those of the warm one.
import { goEnvironment, parseTarget, withVariant } from '../../src/core/target.ts';

export const targets = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'darwin/arm64',
  'darwin/amd64',
  'windows/amd64',
  'linux/386',
  'linux/riscv64',
  'linux/ppc64le',
  'freebsd/amd64',
];

/** `GOOS=linux GOARCH=arm GOARM=7`, as a person writes it before `go build`. */
export const variables = target =>
  Object.entries(goEnvironment(withVariant(parseTarget(target))))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** goreleaser's name of a target: `linux_arm_7`. */
export const goreleaserName = target => target.replace('/v', '/').replaceAll('/', '_');

/** The name of its program, as every contender but goreleaser writes it. */
export const programName = target => `${target.replaceAll('/', '-')}${target.startsWith('windows/') ? '.exe' : ''}`;
