import { SlipwayError } from '../../core/errors.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { formatReference, parseReference, type Reference } from '../../core/registry/reference.ts';
import type { LaunchedCompose } from '../compose/compose.ts';
import type { Engine } from './engine.ts';

/** What a service runs instead of a binary. */
export interface Container {
  /** What runs it; known when the host was asked, where the inputs do not say it. */
  readonly engine: Engine | undefined;
  /** With its digest; undefined where nothing is deployed and none was named. */
  readonly image: Reference | undefined;
  /** For the hosts, as podman and docker read it (containers-auth.json(5)); empty where no credentials were given. */
  readonly login: string;
  /** Instead of one image a file that names several; absent where nothing is deployed. */
  readonly compose?: LaunchedCompose;
}

interface Given {
  readonly runtime: 'binary' | 'container' | 'compose';
  readonly 'container-engine': Engine | undefined;
  readonly image: string | undefined;
  readonly 'registry-username': string | undefined;
  readonly 'registry-password': string | undefined;
}

/**
 * The image of the inputs, else the record's.
 *
 * @param wanted whether there must be one
 * @throws INPUT_INVALID
 */
export function containerOf(
  inputs: Given,
  record: Pick<ReleaseRecord, 'images'> | undefined,
  wanted: boolean,
): Container | undefined {
  if (inputs.runtime !== 'container') {
    if (inputs.image === undefined) return undefined;
    throw invalid('input "image" is given, and "runtime" is binary', 'Give `runtime: container`, or no image.');
  }
  const engine = inputs['container-engine'];
  const named = inputs.image ?? recorded(record);
  if (named === undefined) {
    if (!wanted) return { engine, image: undefined, login: '' };
    throw invalid('there is no image in the record, and the input "image" is empty', 'Build one first, or name it.');
  }
  const image = parseReference(named);
  if (image.digest === undefined)
    throw invalid(
      `the image ${named} has no digest`,
      'Write REPOSITORY@sha256:…: a tag may be another image tomorrow.',
    );
  const { repository, digest } = image;
  return { engine, image: { repository, digest }, login: loginOf(repository.host, inputs) };
}

/** Of several images, a line each. */
export function referenceOf({ image, compose }: Container): string {
  return compose?.images.join('\n') ?? formatReference(image!);
}

function recorded(record: Pick<ReleaseRecord, 'images'> | undefined): string | undefined {
  const whole = record?.images.filter(one => one.part !== true) ?? [];
  if (whole.length > 1)
    throw invalid(`the record has ${whole.length} images`, 'Name one of them by the input "image", with its digest.');
  const [only] = whole;
  return only?.repositories[0] === undefined ? undefined : `${only.repositories[0]}@${only.digest}`;
}

export function loginOf(host: string, inputs: Pick<Given, 'registry-username' | 'registry-password'>): string {
  const { 'registry-username': username, 'registry-password': password } = inputs;
  if (username === undefined || password === undefined) return '';
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  return JSON.stringify({ auths: { [host]: { auth } } });
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', message, { hint: `Nothing was changed. ${hint}` });
}
