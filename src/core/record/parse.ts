import * as v from 'valibot';
import { messageOf, SlipwayError } from '../errors.ts';
import { ReleaseRecord, recordSchema } from './schema.ts';

/** Checks the text of a record. `from` names its source in errors. Every problem is named with its path. */
export function parseRecord(text: string, from: string): ReleaseRecord {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new SlipwayError('RECORD_INVALID', `${from} is not JSON: ${messageOf(error)}`, {
      hint: 'Give the release.json that an earlier step wrote.',
    });
  }
  const found = (data as { schema?: unknown } | null)?.schema;
  if (found !== recordSchema) {
    throw new SlipwayError(
      'RECORD_VERSION',
      `${from} has the schema ${JSON.stringify(found)}; this version reads "${recordSchema}"`,
      {
        hint: 'Use the same major version of Slipway in every job of the workflow.',
      },
    );
  }
  const result = v.safeParse(ReleaseRecord, data);
  if (result.success) return result.output;
  const problems = result.issues.map(issue => `${v.getDotPath(issue) ?? 'record'}: ${issue.message}`);
  throw new SlipwayError('RECORD_INVALID', `${from} is not a valid release record: ${problems.join('; ')}`, {
    hint: 'Give the release.json that an earlier step wrote, unchanged.',
  });
}
