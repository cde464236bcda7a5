import { expect, test } from '@jest/globals';
import { Answer } from '../../../src/core/host-agent/answer.ts';
import { ofMount } from '../../../src/deploy-ssh-systemd/nfs/look.ts';
import { readPin } from '../../../src/deploy-ssh-systemd/nfs/writer.ts';

const codes = (facts: Record<string, string>) => {
  const answer = new Answer();
  for (const [name, value] of Object.entries(facts)) answer.add(name, value);
  return ofMount('/srv/apps', answer).map(({ code, seen }) => `${code} ${seen}`);
};

test.each([
  ['NFS', { mount: '/srv/apps nfs4 rw,relatime,vers=4.2' }, []],
  ['an automounter’s', { mount: '/srv nfs rw' }, []],
  ['another one', { mount: '/srv/apps fuse.glusterfs rw' }, []],
  ['nothing', { mount: '/ ext4 rw', lacks: 'yes' }, ['SHARE_NOT_MOUNTED there is no /srv/apps']],
  ['a folder', { mount: '/ ext4 rw' }, ['SHARE_NOT_MOUNTED /srv/apps is on / (ext4), the host’s own disk']],
  [
    'read-only, noexec',
    { mount: '/srv/apps nfs ro,noexec' },
    [
      'SHARE_READ_ONLY /srv/apps is on /srv/apps, where nothing can be written (mounted ro)',
      'SHARE_NOEXEC /srv/apps is on /srv/apps, where programs may not be run (mounted noexec)',
    ],
  ],
])('a share that is %s', (_name, facts, expected) => expect(codes(facts)).toEqual(expected));

test('what a host has on the share', () => {
  expect(readPin('app1 machine=0f3c v1-a v2-b ')).toEqual(['app1', { machine: '0f3c', releases: ['v1-a', 'v2-b'] }]);
});
