import { isMap } from '../../../core/config-deployments.ts';
import { type Check, judge, type Seen } from '../check.ts';
import type { Repository } from './facts.ts';
import { deploymentsOf, elsewhere, isGiven, judgeKnown, type Place, readInput, textsOf } from './section.ts';

/** Of a host, as the action reads it. */
interface Host {
  readonly user: string;
  readonly host: string;
  readonly become?: string;
}

const readOf = ({ entry }: Place, input: string) => readInput('deploy-ssh-systemd', entry, input);

export const hostDeploymentChecks: readonly Check<Repository>[] = [
  {
    id: 'no-root',
    title: 'Hosts are reached, and services run, as somebody else than root.',
    reason: 'A leaked key of root is every host; a hole in a service of root is its host.',
    fix: 'Connect as a user with `become: agent` (`mode: bootstrap`, once), and leave `run-as: dynamic`.',
    level: 'must',
    look: each(place => {
      const [hosts, become] = ['hosts', 'become'].map(input => readOf(place, input));
      const list = (hosts!.value ?? []) as readonly Host[];
      const roots = list.filter(({ user }) => user === 'root').map(({ host }) => `connects as root@${host}`);
      const wrong = [
        ...roots,
        ...(textsOf(place.entry, 'run-as')?.some(text => text.trim() === 'root') ? ['run-as: root'] : []),
        ...(become!.value === 'sudo-shell' || list.some(one => one.become === 'sudo-shell')
          ? ['become: sudo-shell']
          : []),
      ];
      const where = place.at(wrong.length > 0 && roots.length === 0 ? 'become' : 'hosts');
      return judgeKnown(where, wrong, [hosts!.hidden, become!.hidden]);
    }),
  },
  {
    id: 'sandbox',
    title: 'The sandbox of the service is on.',
    reason: 'Without it the service sees and writes whatever its user may.',
    fix: 'Take `hardening: off` out, and give what it needs by `unit-overrides`.',
    level: 'must',
    look: each(place => {
      const { value, hidden } = readOf(place, 'hardening');
      return judgeKnown(place.at('hardening'), value === 'off' ? ['hardening: off'] : [], [hidden]);
    }),
  },
  {
    id: 'limits',
    title: 'The service has limits of memory and processor, which Go is told (GOMEMLIMIT, GOMAXPROCS).',
    reason: 'One service that leaks takes the host with it; Go that does not know its limit is killed at it.',
    fix: 'Write `memory-max: 512MiB` and `cpu-quota: 150%`: both variables follow from them.',
    level: 'must',
    look: each(place => {
      const { entry, at } = place;
      const read = ['memory-max', 'cpu-quota'].map(name => ({ name, ...readOf(place, name) }));
      const left = read.flatMap(({ name, value, hidden }) =>
        value === undefined && hidden === undefined ? [`no ${name}`] : [],
      );
      const off = environmentOf(entry['environment']).get('GOMEMLIMIT') === 'off' ? ['GOMEMLIMIT=off'] : [];
      const where = at(left[0] === 'no cpu-quota' ? 'cpu-quota' : 'memory-max');
      return judgeKnown(
        where,
        [...left, ...off],
        read.map(({ hidden }) => hidden),
      );
    }),
  },
  {
    id: 'keep-releases',
    title: 'At least two releases stay on each host.',
    reason: 'With one there is nothing that a rollback could go back to within seconds.',
    fix: 'Write `keep-releases: 2` or more; the default is 5.',
    level: 'must',
    look: each(({ entry, at }) => {
      const kept = textsOf(entry, 'keep-releases')?.find(text => text.trim() !== '') ?? '5';
      const few = Number(kept) >= 2 ? [] : [`keep-releases: ${kept}`];
      const comesFrom = elsewhere(entry, 'keep-releases');
      return judgeKnown(at('keep-releases'), comesFrom === undefined ? few : [], [comesFrom], kept);
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

function environmentOf(value: unknown): ReadonlyMap<string, string> {
  if (isMap(value)) return new Map(Object.entries(value).map(([name, item]) => [name, String(item)]));
  const lines = [value ?? ''].flat().flatMap(item => String(item).split('\n'));
  return new Map(lines.map(line => [line.replace(/=.*$/, '').trim(), line.replace(/^[^=]*=/, '').trim()]));
}
