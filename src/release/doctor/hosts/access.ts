import type { HostCheckup } from '../../../core/checkup.ts';
import { type Check, judge, type Seen, unknown } from '../check.ts';
import { linesOf } from './said.ts';

export const accessChecks: readonly Check<HostCheckup>[] = [
  {
    id: 'ssh-root',
    title: 'Nobody logs in as root by SSH.',
    reason: 'root is the one name that every attacker knows, and what root does nobody can be asked about.',
    fix: 'Write `PermitRootLogin no` into /etc/ssh/sshd_config.d/, and reload sshd; deploy by a user with `become: agent`.',
    level: 'must',
    look: sshd('permitrootlogin'),
  },
  {
    id: 'ssh-password',
    title: 'Nobody logs in by a password over SSH.',
    reason: 'Passwords are tried all day, on every address.',
    fix: 'Write `PasswordAuthentication no` and `KbdInteractiveAuthentication no`, and reload sshd.',
    level: 'must',
    look: sshd('passwordauthentication', 'kbdinteractiveauthentication'),
  },
  {
    id: 'agent-confined',
    title: 'What deploys is root for its service only.',
    reason: 'With a root shell by sudo, a leaked deploy key is the whole host.',
    fix: 'Run `mode: bootstrap` once, and take the other sudo rule of this user away.',
    level: 'must',
    look: ({ place, way, user, layout }) =>
      layout === 'dsm'
        ? []
        : [
            judge(
              place,
              way === 'sudo-shell' ? ['sudo gives it a root shell'] : user === 'root' ? ['it is root'] : [],
              way,
            ),
          ],
  },
  {
    id: 'listeners',
    title: 'Nothing listens to other machines but SSH and the declared ports.',
    reason: 'A database or a debug port that anybody reaches is how most break-ins begin.',
    fix: 'Let it listen on 127.0.0.1, end it, or declare it: `listen`, `proxy`, `firewall: { ports: … }`.',
    level: 'must',
    look: listeners,
  },
  {
    id: 'firewall',
    title: 'A firewall drops what it was not told to let in.',
    reason: 'What is installed tomorrow is open to everybody the same minute.',
    fix: 'Write `firewall: { default-deny: true }`, or `ufw default deny incoming && ufw enable`.',
    level: 'must',
    look: ({ place, said }) => {
      const { wall = '' } = said;
      const [tool, incoming = ''] = wall.split(' ');
      if (wall === '') return [judge(place, ['neither nft, ufw, firewalld nor iptables is there'])];
      if (incoming === '') return [unknown(place, `${tool} does not say what it does by default`)];
      const denies = /^(drop|deny|reject|default|%%reject%%)$/i.test(incoming);
      return [judge(place, denies ? [] : [`${tool} lets in what no rule names (${incoming})`], wall)];
    },
  },
];

function sshd(...keys: string[]): Check<HostCheckup>['look'] {
  return ({ place, said }) => {
    const set = linesOf(said['sshd']).map(line => line.split(' '));
    if (set.length === 0) return [unknown(place, 'sshd -T says nothing')];
    const open = set.filter(([key, value]) => keys.includes(key!) && value !== 'no');
    return [
      judge(
        place,
        open.map(words => words.join(' ')),
      ),
    ];
  };
}

function listeners({ place, said, ports }: HostCheckup): Seen[] {
  const found = linesOf(said['listeners']).map(line => line.split(' '));
  if (found.length === 0) return [unknown(place, 'ss -ltn says nothing')];
  const ofSsh = linesOf(said['sshd']).flatMap(line => (line.startsWith('port ') ? [Number(line.slice(5))] : []));
  const open = found.filter(([address = '']) => {
    const at = address.lastIndexOf(':');
    const isLocal = /^(127\.|\[::1\]|\[::ffff:127\.)/.test(address) || /%lo$/.test(address.slice(0, at));
    return !isLocal && ![...ports, ...ofSsh].includes(Number(address.slice(at + 1)));
  });
  return [
    judge(
      place,
      open.map(([address, who = '-']) => `${address} (${who})`),
      `${found.length} listeners`,
    ),
  ];
}
