// Renders the comparison with the peers, and the answers to what their users complain of, for a README.
import { table } from './tables.mjs';

/** Every cell leads to what shows it: ours to the test's file, a peer's to the file or issue that was read. */
export function comparisonTable({ peers, comparison }) {
  const keys = Object.keys(peers);
  const links = new Links('c');
  const cellOf = (row, key) => link(row.peers[key].says, links.to(row.peers[key].from[0], peers[key]));
  const sourcesOf = (row, key) => row.peers[key].from.map(from => link(from, links.to(from, peers[key]))).join(', ');
  const rows = comparison.map(row => [row.what, ours(row.slipway), ...keys.map(key => cellOf(row, key))]);
  return [
    table(['', 'Slipway', ...keys.map(key => peers[key].name)], rows),
    '',
    ...details('Tests and sources, row by row', comparison, row => [
      row.what,
      ...testLines(row.slipway),
      ...keys.map(key => `${peers[key].name}: ${sourcesOf(row, key)}`),
    ]),
    ...links.definitions(),
  ].join('\n');
}

/** What users of one peer complain of, the reports, and what we do instead. */
export function complaintsTable({ peers, complaints }) {
  const peer = peers[complaints.of];
  const links = new Links('r');
  const rows = complaints.rows.map(({ number, what, reports, slipway }) => [
    number,
    what,
    reports.map(report => link(report, links.to(report, peer))).join(' '),
    ours(slipway),
  ]);
  return [
    table(['', 'Complaint', 'Reports', 'Slipway'], rows),
    '',
    ...details('The tests, row by row', complaints.rows, row => [
      `${row.number}: ${row.what}`,
      ...testLines(row.slipway),
    ]),
    ...links.definitions(),
  ].join('\n');
}

function details(title, rows, linesOf) {
  const items = rows.flatMap(row => {
    const [first, ...rest] = linesOf(row);
    return [`- ${first}`, ...rest.map(line => `  - ${line}`)];
  });
  return [`<details><summary>${title}</summary>`, '', ...items, '', '</details>', ''];
}

const link = (text, label) => `[${text}][${label}]`;
const testPath = file => `../../__tests__/${file}`;
const ours = ({ says, test }) => (test.length === 0 ? says : `[${says}](${testPath(test[0].file)})`);
const testLines = ({ test }) => test.map(({ file, name }) => `Slipway: [${file}](${testPath(file)}): ${code(name)}`);

/** A backtick in the text takes more of them around it. */
const code = text => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/** Markdown's links by label: the address stands once, below the table, and the cell stays short. */
class Links {
  #urls = [];
  #prefix;

  constructor(prefix) {
    this.#prefix = prefix;
  }

  /** @returns {string} the label */
  to(source, peer) {
    const url = urlOf(source, peer);
    if (!this.#urls.includes(url)) this.#urls.push(url);
    return `${this.#prefix}${this.#urls.indexOf(url) + 1}`;
  }

  definitions() {
    return this.#urls.map((url, at) => `[${this.#prefix}${at + 1}]: ${url}`);
  }
}

/** The permanent address of a source: a file at the commit that was read, or an issue. */
export function urlOf(source, { name, repositories }) {
  const [first] = Object.keys(repositories);
  const [, issueOf = first, issue] = /^([\w-]+\/[\w.-]+)?#(\d+)$/.exec(source) ?? [];
  if (issue !== undefined) return `https://github.com/${issueOf}/issues/${issue}`;
  const [, repository = first, path] = /^(?:([\w-]+\/[\w.-]+):)?(.*)$/.exec(source);
  const commit = repositories[repository];
  if (commit === undefined) throw new Error(`the source "${source}" of ${name} is in a repository without a commit`);
  return `https://github.com/${repository}/blob/${commit}/${path}`;
}
