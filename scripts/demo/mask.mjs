// What a runner does with `::add-mask::`: the command is not shown, and its value never again.

/** Returns a function from output as it comes to output that may be shown; a line is held back until it is whole. */
export function createMask() {
  const secrets = new Set();
  let rest = '';
  return chunk => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    return lines.flatMap(line => (learn(line, secrets) ? [] : [`${hide(line, secrets)}\n`])).join('');
  };
}

function learn(line, secrets) {
  if (!line.startsWith('::add-mask::')) return false;
  const value = line
    .slice('::add-mask::'.length)
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%');
  secrets.add(value);
  return true;
}

function hide(line, secrets) {
  let shown = line;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) shown = shown.replaceAll(secret, '***');
  return shown;
}
