// A module whose packages take much memory to compile, as generated code does: tables as composite literals.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Each time with other contents: no build cache has them.
 * Seen with Go 1.26: 5,000 rows are 300 MB and 3 CPU-seconds a compile, 16,000 about 900 MB, 60,000 3.2 GB and 42 s.
 */
export function writeLargeModule(folder, { packages, rows }) {
  const seed = randomUUID().slice(0, 8);
  const names = Array.from({ length: packages }, (_, index) => `table${index}`);
  for (const name of names) {
    mkdirSync(join(folder, name), { recursive: true });
    const lines = Array.from({ length: rows }, (_, row) => `\t"${name}-${row}": {"${seed}${row}", "b${row}", "c"},\n`);
    writeFileSync(
      join(folder, name, 'table.go'),
      `package ${name}\n\nvar Rows = map[string][]string{\n${lines.join('')}}\n`,
    );
  }
  const imports = names.map(name => `\t"example.com/large/${name}"\n`).join('');
  const uses = names.map(name => `\tprintln(len(${name}.Rows))\n`).join('');
  writeFileSync(join(folder, 'go.mod'), 'module example.com/large\n\ngo 1.26.8\n');
  writeFileSync(join(folder, 'main.go'), `package main\n\nimport (\n${imports})\n\nfunc main() {\n${uses}}\n`);
}
