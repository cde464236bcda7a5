import * as v from 'valibot';
import { messageOf, SlipwayError } from '../errors.ts';
import { ReleaseRecord } from '../record/schema.ts';
import type { Package } from './package.ts';

const schema = 'slipway.kept/v1';
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const KeptFile = v.looseObject({ name: v.string(), sha256: hash, size: v.number(), mediaType: v.string() });
/** A release as a document: the record, and what its files are called. */
const KeptRelease = v.looseObject({
  schema: v.literal(schema),
  at: v.string(),
  record: ReleaseRecord,
  files: v.array(KeptFile),
});

export function releaseText({ at, record, files }: Package): string {
  const listed = files.map(({ name, sha256, size, mediaType }) => ({ name, sha256, size, mediaType }));
  return `${JSON.stringify({ schema, at, record, files: listed }, undefined, 2)}\n`;
}

/** @param where for errors */
export function parseRelease(text: string, where: string): Package {
  try {
    const { at, record, files } = v.parse(KeptRelease, JSON.parse(text));
    return { version: record.version, commit: record.commit, at, record, files };
  } catch (error) {
    throw new SlipwayError('RECORD_INVALID', `${where} is no kept release: ${messageOf(error)}`, {
      hint: 'It was damaged or written by another major version of Slipway: take it away, and keep the release again.',
      cause: error,
    });
  }
}
