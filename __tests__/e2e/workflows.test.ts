import { cp, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { asWorkflow } from '../docs/as-workflow.ts';
import { blocksOf } from '../docs/blocks.ts';
import { describeWith } from '../integration/lab.ts';
import { attempt, command, removeFolder, root, temporaryFolder } from './support.ts';

const folders = ['.github/workflows', '__tests__/e2e/workflows', 'examples/workflows'];

await describeWith('peer:actionlint', 'workflow files', lab => {
  test('actionlint has nothing to say', async () => {
    const files = (
      await Promise.all(
        folders.map(async folder =>
          (await readdir(join(root, folder))).filter(file => file.endsWith('.yml')).map(file => join(folder, file)),
        ),
      )
    ).flat();
    expect(files.length).toBeGreaterThan(1);
    const { stdout } = await run([lab['peer:actionlint'], ...files], { cwd: root, timeout: 60_000 });
    expect(stdout).toBe('');
  }, 70_000);
});

await describeWith('peer:actionlint', 'the steps and workflows of the documentation', lab => {
  const shown = [...blocksOf('steps'), ...blocksOf('workflow')];
  let folder: string;

  /** A repository that has our actions in it: the linter reads their action.yml. */
  beforeAll(async () => {
    folder = await temporaryFolder();
    await command(['git', 'init', '-q'], { cwd: folder });
    for (const part of ['action.yml', 'actions', '.github'])
      await cp(join(root, part), join(folder, part), { recursive: true });
    await symlink(join(root, 'dist'), join(folder, 'dist'));
  });
  afterAll(() => removeFolder(folder));

  /** What actionlint says of a block of a page, each line with the place that it is about. */
  async function said(text: string, name: string): Promise<string> {
    const file = join('.github', 'workflows', name);
    await writeFile(join(folder, file), text);
    const { stdout, stderr } = await attempt([lab['peer:actionlint'], file], { cwd: folder, timeout: 60_000 });
    return stdout + stderr;
  }

  test.each(shown.map(block => [block.title, block] as const))(
    '%s: actionlint has nothing to say',
    async (_, block) => {
      expect(await said(asWorkflow(block), `${block.title.replaceAll(/\W/g, '-')}.yml`)).toBe('');
    },
  );

  test('it would say what is wrong with an input, and with an output', async () => {
    const [first] = shown.filter(
      ({ page, kind }) => page === 'actions/deploy-ssh-systemd/README.md' && kind === 'steps',
    );
    const text = asWorkflow(first!);
    expect(await said(text.replace('known-hosts:', 'knwon-hosts:'), 'input.yml')).toContain('"knwon-hosts"');
    expect(await said(text.replace('outputs.release', 'outputs.relaese'), 'output.yml')).toContain('"relaese"');
  });
});
