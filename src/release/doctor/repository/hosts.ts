import { isMap } from '../../../core/config-deployments.ts';
import { type Check, judge, type Seen, unknown } from '../check.ts';
import type { Repository } from './facts.ts';
import { deploymentsOf, elsewhere, isGiven, type Place, textsOf } from './section.ts';

export const hostDeploymentChecks: readonly Check<Repository>[] = [
  {
    id: 'no-root',
    title: 'Hosts are reached, and services run, as somebody else than root.',
    reason: 'A leaked key of root is every host; a hole in a service of root is its host.',
    fix: 'Connect as a user with `become: agent` (`mode: bootstrap`, once), and leave `run-as: dynamic`.',
    level: 'must',
    look: each(({ entry, at }) => {
      const roots = hostsOf(entry['hosts']).filter(host => host.startsWith('root@'));
      const wrong = [
        ...roots.map(host => `connects as ${host}`),
        ...(textsOf(entry, 'run-as')?.[0] === 'root' ? ['run-as: root'] : []),
        ...(textsOf(entry, 'become')?.[0] === 'sudo-shell' ? ['become: sudo-shell'] : []),
      ];
      const comesFrom = elsewhere(entry, 'hosts');
      return wrong.length === 0 && comesFrom !== undefined
        ? unknown(at('hosts'), comesFrom)
        : judge(at(wrong.length > 0 && roots.length === 0 ? 'become' : 'hosts'), wrong);
    }),
  },
  {
    id: 'sandbox',
    title: 'The sandbox of the service is on.',
    reason: 'Without it the service sees and writes whatever its user may.',
    fix: 'Take `hardening: off` out, and give what it needs by `unit-overrides`.',
    level: 'must',
    look: each(({ entry, at }) =>
      judge(at('hardening'), textsOf(entry, 'hardening')?.[0] === 'off' ? ['hardening: off'] : []),
    ),
  },
  {
    id: 'limits',
    title: 'The service has limits of memory and processor, which Go is told (GOMEMLIMIT, GOMAXPROCS).',
    reason: 'One service that leaks takes the host with it; Go that does not know its limit is killed at it.',
    fix: 'Write `memory-max: 512MiB` and `cpu-quota: 150%`: both variables follow from them.',
    level: 'must',
    look: each(({ entry, at }) => {
      const left = ['memory-max', 'cpu-quota'].filter(name => !isGiven(entry, name)).map(name => `no ${name}`);
      const off = environmentOf(entry['environment']).get('GOMEMLIMIT') === 'off' ? ['GOMEMLIMIT=off'] : [];
      return judge(at(left[0] === 'no cpu-quota' ? 'cpu-quota' : 'memory-max'), [...left, ...off]);
    }),
  },
  {
    id: 'keep-releases',
    title: 'At least two releases stay on each host.',
    reason: 'With one there is nothing that a rollback could go back to within seconds.',
    fix: 'Write `keep-releases: 2` or more; the default is 5.',
    level: 'must',
    look: each(({ entry, at }) => {
      const comesFrom = elsewhere(entry, 'keep-releases');
      if (comesFrom !== undefined) return unknown(at('keep-releases'), comesFrom);
      const kept = textsOf(entry, 'keep-releases')?.[0] ?? '5';
      return judge(at('keep-releases'), Number(kept) >= 2 ? [] : [`keep-releases: ${kept}`], kept);
    }),
  },
  {
    id: 'backup',
    title: 'Data is backed up before each switch.',
    reason: 'A release that spoils data cannot be taken back by going back to the program before it.',
    fix: 'Write `backup: { rsync: /var/lib/hello }`, or `btrfs`, or a command with its `restore`.',
    level: 'should',
    look: each(({ entry, at }) => judge(at('backup'), isGiven(entry, 'backup') ? [] : ['no backup'])),
  },
];

function each(look: (place: Place) => Seen): Check<Repository>['look'] {
  return repository => deploymentsOf(repository, 'deploy-ssh-systemd').map(look);
}

function hostsOf(value: unknown): string[] {
  const one = (item: unknown) =>
    isMap(item)
      ? [`${item['user'] === undefined ? '' : `${item['user']}@`}${item['host']}`]
      : String(item ?? '').split('\n');
  return [value]
    .flat()
    .flatMap(one)
    .map(text => text.trim());
}

function environmentOf(value: unknown): ReadonlyMap<string, string> {
  if (isMap(value)) return new Map(Object.entries(value).map(([name, item]) => [name, String(item)]));
  const lines = [value ?? ''].flat().flatMap(item => String(item).split('\n'));
  return new Map(lines.map(line => [line.replace(/=.*$/, '').trim(), line.replace(/^[^=]*=/, '').trim()]));
}
