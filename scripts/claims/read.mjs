// Reads actions/NAME/comparison.yml: what a README says of us and of the peers, and what shows it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';
import { actionNames } from '../../src/core/action-names.ts';
import { root } from '../root.mjs';

const text = v.pipe(v.string(), v.nonEmpty());
const listOf = schema =>
  v.pipe(
    v.union([schema, v.pipe(v.array(schema), v.minLength(1))]),
    v.transform(one => [one].flat()),
  );

/** `file` below __tests__/; `name` as jest prints it, titles of `describe` included; `*` stands for any text. */
const Test = v.strictObject({ file: text, name: text });
/** What we do not do needs no test. */
const Ours = v.union([
  v.pipe(
    v.strictObject({ says: v.literal('no') }),
    v.transform(cell => ({ ...cell, test: [] })),
  ),
  v.strictObject({ says: text, test: listOf(Test) }),
]);

/** A file (`src/a.ts#L1-L9`, `OWNER/REPO:src/a.ts`) or an issue (`#1`, `OWNER/REPO#1`). */
const Source = v.pipe(
  v.string(),
  v.regex(/^(?:(?:[\w-]+\/[\w.-]+:)?[\w./-]+(?:#L\d+(?:-L\d+)?)?|(?:[\w-]+\/[\w.-]+)?#\d+)$/),
);
const Theirs = v.strictObject({ says: text, from: listOf(Source) });

const Peer = v.strictObject({
  name: text,
  /** The first is meant by sources that name none; the others are forks or parts of it. Each with the commit that was read. */
  repositories: v.record(
    v.pipe(v.string(), v.regex(/^[\w-]+\/[\w.-]+$/)),
    v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  ),
});

const Comparison = v.strictObject({
  peers: v.record(v.string(), Peer),
  comparison: v.array(v.strictObject({ what: text, slipway: Ours, peers: v.record(v.string(), Theirs) })),
  complaints: v.optional(
    v.strictObject({
      of: text,
      rows: v.array(v.strictObject({ number: v.number(), what: text, reports: v.array(Source), slipway: Ours })),
    }),
  ),
});

/** @returns the comparison of an action, or undefined where it has none; peers by their keys in every row */
export function readComparison(action) {
  const file = join(root, 'actions', action, 'comparison.yml');
  return existsSync(file) ? checked(parse(readFileSync(file, 'utf8')), `actions/${action}/comparison.yml`) : undefined;
}

/** @throws Error with the place of what is wrong: a cell that is missing is as wrong as one too many */
export function checked(data, file) {
  const { success, output, issues } = v.safeParse(Comparison, data);
  if (!success) throw new Error(`${file}: ${issues.map(one => `${v.getDotPath(one)}: ${one.message}`).join('; ')}`);
  const peers = Object.keys(output.peers).join(', ');
  for (const { what, peers: cells } of output.comparison) {
    if (Object.keys(cells).join(', ') !== peers)
      throw new Error(`${file}: the row "${what}" needs a cell for each of ${peers}, in this order`);
  }
  if (output.complaints !== undefined && !(output.complaints.of in output.peers))
    throw new Error(`${file}: the complaints are of "${output.complaints.of}", which is no peer here`);
  return output;
}

/** Every test that a README rests on: `[{ cell, file, name }]`, `cell` for the message when it does not hold. */
export function allClaims() {
  return actionNames.flatMap(action => {
    const data = readComparison(action);
    return data === undefined ? [] : claimsOf(data, `actions/${action}/README.md`);
  });
}

export function claimsOf({ comparison, complaints }, readme) {
  const rows = [
    ...comparison.map(row => ({ row, cell: `${readme}, comparison, "${row.what}"` })),
    ...(complaints?.rows ?? []).map(row => ({ row, cell: `${readme}, complaint ${row.number}, "${row.what}"` })),
  ];
  return rows.flatMap(({ row, cell }) =>
    row.slipway.test.map(({ file, name }) => ({ cell, file: `__tests__/${file}`, name })),
  );
}
