// Renders the tables of a README and puts them between its markers.
const cell = text => String(text).replaceAll('|', '\\|').replaceAll('\n', '<br>');
export const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map(row => `| ${row.map(cell).join(' | ')} |`),
  ].join('\n');

export function inputsTable(definition) {
  return table(
    ['Input', 'Kind', 'Default', 'What it does'],
    Object.entries(definition.inputs).map(([name, input]) => [
      `\`${name}\``,
      input.secret ? `${input.value.kind}, secret` : input.value.kind,
      input.required ? 'required' : input.default ? `\`${input.default.replaceAll('\n', ' ')}\`` : '',
      input.description,
    ]),
  );
}

export function outputsTable(definition) {
  return table(
    ['Output', 'What it holds'],
    Object.entries(definition.outputs).map(([name, description]) => [`\`${name}\``, description]),
  );
}

export function actionsTable(definitions) {
  return table(
    ['Action', 'What it does'],
    definitions.map(definition => [
      `[\`${definition.name}\`](actions/${definition.name}/README.md)`,
      definition.description,
    ]),
  );
}

/** Replaces what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`; a missing marker is an error. */
export function between(markdown, name, content) {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [markdown.indexOf(begin), markdown.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the markers ${begin} … ${end} are missing`);
  return `${markdown.slice(0, from + begin.length)}\n${content}\n${markdown.slice(to)}`;
}
