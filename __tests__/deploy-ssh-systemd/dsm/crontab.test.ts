import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { run } from '../../../src/core/process.ts';

const part = (name: string) => fileURLToPath(new URL(`../../../src/deploy-ssh-systemd/${name}`, import.meta.url));
const program = ['../core/host-agent/assets/talk.sh', 'assets/base.sh', 'assets/schedule.sh', 'assets/crontab.sh'];

test('two jobs of a NAS that are switched at the same time both have their lines, beside those of others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-crontab-'));
  const crontab = join(folder, 'crontab');
  await writeFile(crontab, '0 1 * * *\troot\ttheirs\n');
  const put = async (service: string) => {
    const dir = join(folder, service);
    await mkdir(join(dir, 'releases/one'), { recursive: true });
    await writeFile(
      join(dir, 'releases/one/timer'),
      `# X-Slipway=${dir}\n0 2 * * *\troot\t${service} # X-Slipway=${dir}\n`,
    );
    const script = `${program.map(name => `. ${part(name)}`).join('\n')}
      dir=${dir} crontab=${crontab} run=${folder}/run
      durable() { sleep 0.3; } # so long that both are at it
      put_schedule one || { echo "$said"; exit 1; }`;
    await run(['sh', '-c', script], { timeout: 20_000 });
  };
  await Promise.all(['first', 'second'].map(put));
  const lines = (await readFile(crontab, 'utf8')).trim().split('\n');
  expect(lines.map(line => line.split('\t')[2]!.split(' ')[0]).sort()).toEqual(['first', 'second', 'theirs']);
  await rm(folder, { recursive: true });
}, 30_000);
