import { schemaAddress } from '../home.ts';
import type { Answers } from './answers.ts';
import { clusterLines } from './cluster-lines.ts';
import { hostLines } from './host-lines.ts';
import { imageLines } from './image-lines.ts';
import { type Line, line, render } from './lines.ts';
import type { Survey } from './survey.ts';
import { placesOf, verifyLines } from './verify-lines.ts';

/** A slipway.yml, and what is left for the user. */
export interface Written {
  readonly text: string;
  readonly todos: readonly Todo[];
  /** What was found and is not in the file, one sentence each. */
  readonly notes: readonly string[];
  /** Environment variables that the file names. */
  readonly variables: readonly string[];
}

export interface Todo {
  readonly line: number;
  readonly key: string;
  readonly what: string;
}

/** Pure: the file for what was found and answered. */
export function writeConfig(found: Survey, answers: Answers): Written {
  const places = placesOf(found, answers);
  const image = wantsImage(found, answers, places.cluster) ? imageLines(found, answers) : [];
  const deploy = [
    ...(places.cluster ? [clusterLines(found, answers)] : []),
    ...(places.hosts ? [hostLines(found, answers)] : []),
  ];
  const text = [
    `# yaml-language-server: $schema=${schemaAddress}`,
    '# Written by `slipway init`. A comment says where a value was found; TODO marks what only you know.',
    ...render([recordsLine(image.length > 0)], 0),
    '',
    'build:',
    ...render(buildLines(found), 1),
    ...(image.length === 0 ? [] : ['', 'image:', ...render(image, 1)]),
    '',
    'deploy:',
    ...deploy
      .map(lines => render(lines, 2, '- ').join('\n'))
      .join('\n\n')
      .split('\n'),
    '',
    'verify: # what runs has to be what was built',
    ...render(verifyLines(found, answers, places), 1),
    '',
  ];
  const variables = text.flatMap(one => /\{ env: (\w+) \}/.exec(one)?.[1] ?? []);
  return {
    text: text.join('\n'),
    todos: todosOf(text),
    notes: notesOf(found, image.length > 0),
    variables: [...new Set(variables)],
  };
}

function buildLines({ program, others, cgo }: Survey): Line[] {
  const also =
    others.length === 0
      ? ''
      : `; also here: ${others
          .slice(0, 5)
          .map(one => one.package)
          .join(', ')}`;
  return [
    line('packages', program.package, program.at + also),
    line('targets', ['linux/amd64', 'linux/arm64'], 'what servers and clusters mostly are'),
    ...(cgo === undefined ? [] : [line('cgo', 'zig', `${cgo.at} has C code`)]),
  ];
}

/** Hosts need no image; one is made where the user names it, or the repository has a Dockerfile and says where it goes. */
function wantsImage({ dockerfile, compose, image }: Survey, answers: Answers, cluster: boolean): boolean {
  const shown = image !== undefined && (dockerfile !== undefined || compose?.image !== undefined);
  return cluster || answers.image !== undefined || shown;
}

/** A host's release without an image is kept in a folder: a branch of the repository keeps no binaries. */
const recordsLine = (image: boolean) =>
  image
    ? line('records', 'oci', 'releases are kept beside the image')
    : line('records', 'folder', 'releases are kept in slipway-records/');

function todosOf(text: readonly string[]): Todo[] {
  return text.flatMap((one, index) => {
    const [, key, what] = /^[\s-]*([\w-]+):.*# TODO: (.*)$/.exec(one) ?? [];
    return key === undefined ? [] : [{ line: index + 1, key, what: what! }];
  });
}

function notesOf({ dockerfile, compose, manifests, program }: Survey, image: boolean): string[] {
  const runs = image ? (dockerfile?.runs ?? []) : [];
  const secrets = compose?.secrets ?? [];
  return [
    ...runs.map(({ value, at }) => `${at}: the image is made without Docker, so this is not run: ${shorten(value)}`),
    ...(runs.length === 0 ? [] : [`to build ${dockerfile!.file} as it stands, write \`engine: buildx\` into image`]),
    ...(secrets.length === 0
      ? []
      : [`${secrets.map(({ value, at }) => `${value} (${at})`).join(', ')}: secrets of ${program.name}, not copied`]),
    ...(dockerfile !== undefined && !image
      ? [`${dockerfile.file}: hosts need no image, so none is made; --image NAME makes one`]
      : []),
    ...(image ? startsAnother(manifests, program.name) : []),
    ...(manifests?.notes ?? []),
  ];
}

/** A manifest's own command says where the program lies in an image that somebody else made. */
function startsAnother(manifests: Survey['manifests'], name: string): string[] {
  const { command } = manifests ?? {};
  if (command === undefined || command.value === `/usr/local/bin/${name}` || command.value === name) return [];
  return [
    `${command.at} starts ${command.value}; in the image it is /usr/local/bin/${name}: leave "command" out and put its arguments into "args"`,
  ];
}

const shorten = (text: string) => {
  const plain = text.replaceAll(/\s+/g, ' ');
  return plain.length > 80 ? `${plain.slice(0, 77)}...` : plain;
};
