import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf, SlipwayError } from '../errors.ts';

const hint = 'Give the path of a PEM file with the authority’s certificates, or its text.';

/** The certificates of the input `registry-ca`, checked: Node itself would ignore what is not one. */
export async function authoritiesOf(input: string | undefined, directory: string): Promise<string | undefined> {
  if (input === undefined) return undefined;
  const text = input.includes('-----BEGIN') ? input : await read(resolve(directory, input));
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) throw invalid('it holds no certificate');
  for (const one of found) {
    try {
      new X509Certificate(one);
    } catch (error) {
      throw invalid(messageOf(error));
    }
  }
  return found.join('\n');
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function invalid(why: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input "registry-ca": ${why}`, { hint });
}
