import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { formatDuration, parseDuration } from '../../core/units.ts';
import { type Value, yaml } from '../../core/values.ts';

interface Common {
  /** Of the service on each host: what is older goes. */
  readonly keep: number;
  /** Milliseconds that one may take. */
  readonly timeout: number;
  /** Folder on the host; undefined: the default of its kind. */
  readonly to: string | undefined;
}

/** What is kept before a release is switched to. */
export type Backup = Common &
  (
    | { readonly kind: 'command'; readonly backup: string; readonly restore: string }
    | { readonly kind: 'rsync'; readonly paths: readonly string[] }
    | { readonly kind: 'btrfs'; readonly paths: readonly [string] }
  );

const path = v.pipe(
  v.string(),
  v.regex(/^(\/[A-Za-z0-9_.@+-]+)+$/, 'is not an absolute path of letters, digits and . _ @ + -'),
  v.check(text => !/\/\.\.?(\/|$)/.test(text), 'has . or .. in it'),
);
const common = {
  keep: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  timeout: v.optional(v.string()),
  to: v.optional(path),
};
const script = v.pipe(v.string(), v.nonEmpty('is empty'));
const form = v.union([
  v.strictObject({ rsync: v.union([path, v.pipe(v.array(path), v.nonEmpty())]), ...common }),
  v.strictObject({ btrfs: path, ...common }),
  v.strictObject({ command: script, restore: script, ...common }),
]);
const forms =
  '{rsync: PATHS, to, keep, timeout}, {btrfs: SUBVOLUME, to, keep, timeout} or {command: SHELL, restore: SHELL, to, keep, timeout}';
/** An agent that is asked nothing for longer takes its runner for dead. */
const longest = 3_600_000;

export const backup: Value<Backup> = yaml(forms, { type: 'object' }, data => {
  const read = v.safeParse(form, data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw invalid(where === null ? `it is not ${forms}` : `${where}: ${issue.message}`);
  }
  const given = read.output;
  const timeout = parseDuration(given.timeout ?? '10m');
  if (timeout < 1000 || timeout > longest) throw invalid(`timeout is not between 1s and ${formatDuration(longest)}`);
  const all = { keep: given.keep ?? 3, timeout, to: given.to };
  if ('rsync' in given) {
    const paths = [given.rsync].flat();
    const inside = paths.find(one => given.to !== undefined && `${given.to}/`.startsWith(`${one}/`));
    if (inside !== undefined) throw invalid(`to lies within ${inside}, which is kept`);
    return { ...all, kind: 'rsync', paths };
  }
  if ('btrfs' in given) return { ...all, kind: 'btrfs', paths: [given.btrfs] };
  return { ...all, kind: 'command', backup: given.command, restore: given.restore };
});

function invalid(message: string): SlipwayError {
  return new SlipwayError('BACKUP_INVALID', message);
}
