import * as v from 'valibot';
import { messageOf, SlipwayError } from '../errors.ts';
import { log } from '../log.ts';
import { tellingParts } from '../mask.ts';
import { Entry } from './entry.ts';
import { type Filter, namesFor } from './names.ts';

/** Bytes of an entry; what is larger loses the details of its evidence. */
const largest = 256 * 1024;
/** Entries that are read first; then twice as many each time. The newest are asked for most often. */
const first = 32;

/** The text of an entry: bounded, and without a secret that is in the environment. */
export function entryText(entry: Entry, env: NodeJS.ProcessEnv): string {
  const text = print(withoutSecrets(entry, env));
  if (Buffer.byteLength(text) <= largest) return text;
  const short = print(withoutDetails(JSON.parse(text) as Entry));
  if (Buffer.byteLength(short) <= largest) return short;
  throw new SlipwayError(
    'ENTRY_TOO_LARGE',
    `${entry.deployments.length} deployments make an entry of more than ${largest} bytes`,
    {
      hint: 'Split the deployments over several environments.',
    },
  );
}

const print = (entry: Entry) => `${JSON.stringify(entry, undefined, 2)}\n`;

function withoutDetails(entry: Entry): Entry {
  const deployments = entry.deployments.map(one => ({
    ...one,
    evidence: { omitted: JSON.stringify(one.evidence).length },
  }));
  if (entry.kind === 'deployment') return { ...entry, deployments };
  const checks = entry.verification.checks.filter(one => one.verdict !== 'passed').slice(0, 200);
  const short = checks.map(one => ({ ...one, detail: one.detail?.slice(0, 200) }));
  return { ...entry, deployments, verification: { ...entry.verification, checks: short } };
}

/** Names of variables that hold secrets: those of the workflows, of the runner, and inputs such as `registry-password`. */
const secret = /(PASSWORD|PASSPHRASE|TOKEN|SECRETS?|PRIVATE[_-]KEY|ACCESS[_-]KEY|API[_-]KEY)$/i;

/**
 * Nothing secret should have come so far, as the record holds none; an entry is public for ever, so it is looked at
 * again. What names the release stays as it is: a bad password may be a word of it.
 */
function withoutSecrets({ deployments, ...entry }: Entry, env: NodeJS.ProcessEnv): Entry {
  const parts = Object.entries(env)
    .filter(([name, value]) => secret.test(name) && value !== undefined && value.length >= 8)
    .flatMap(([, value]) => tellingParts(value!))
    .filter(part => part.length >= 8);
  const hide = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === 'string' ? parts.reduce((text, part) => text.replaceAll(part, '***'), inner) : inner,
      ),
    ) as T;
  const hidden = { ...entry, deployments: hide(deployments) };
  return ('verification' in hidden ? { ...hidden, verification: hide(hidden.verification) } : hidden) as Entry;
}

/** The newest entries that a filter means. One that cannot be read is passed over aloud: it must not hide the others. */
export async function readEntries(
  names: readonly string[],
  filter: Filter,
  read: (names: readonly string[]) => Promise<string[]>,
): Promise<Entry[]> {
  const { version, environment, limit = Number.POSITIVE_INFINITY } = filter;
  const wanted = namesFor(names, filter);
  const found: Entry[] = [];
  for (
    let at = 0, count = Math.min(first, limit);
    at < wanted.length && found.length < limit;
    at += count, count *= 2
  ) {
    const names = wanted.slice(at, at + count);
    const entries = (await read(names)).flatMap((text, index) => parse(text, names[index]!));
    found.push(
      ...entries.filter(
        one =>
          (version === undefined || one.version === version) &&
          (environment === undefined || one.environment === environment),
      ),
    );
  }
  return found.slice(0, limit === Number.POSITIVE_INFINITY ? undefined : limit);
}

function parse(text: string, name: string): Entry[] {
  try {
    return [v.parse(Entry, JSON.parse(text))];
  } catch (error) {
    log.warning(`the entry ${name} is passed over: ${messageOf(error)}`);
    return [];
  }
}
