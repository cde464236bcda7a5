// The version of a Go program, from what Go wrote into it: of its own module, wherever it was built.
import { run } from '../../scripts/lab/run.mjs';

export async function moduleVersion(go, program) {
  const said = await run([go, 'version', '-m', program]);
  const path = /^\tpath\t(\S+)$/m.exec(said)?.[1] ?? '';
  const modules = [...said.matchAll(/^\t(?:mod|dep)\t(\S+)\t(\S+)/gm)].filter(
    ([, name]) => path === name || path.startsWith(`${name}/`),
  );
  return modules[0]?.[2] ?? 'unknown';
}
