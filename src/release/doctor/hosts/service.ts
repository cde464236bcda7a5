import type { HostCheckup } from '../../../core/checkup.ts';
import { judgeCertificate, leastDays } from '../certificate.ts';
import { type Check, fail, judge, type Seen, unknown } from '../check.ts';
import { linesOf, propertiesOf } from './said.ts';

/** Of `systemd-analyze security`, 0 (best) to 10; the default sandbox has 1.4. */
const mostExposed = 2;
/** Seconds that requests under way have. */
const leastStop = 5;

export const serviceChecks: readonly Check<HostCheckup>[] = [
  {
    id: 'exposure',
    title: `systemd scores the exposure of the service ${mostExposed} or better.`,
    reason: 'The sandbox decides what a hole in the program is worth: its data, or the host.',
    fix: 'Leave `hardening: default`, and take back what drop-ins of the host loosen (`systemd-analyze security SERVICE`).',
    level: 'must',
    look: serving(({ place, said }) => {
      const score = said['exposure'] ?? '';
      if (!/^\d+(\.\d+)?$/.test(score)) return unknown(place, `systemd-analyze security says ${score || 'nothing'}`);
      return judge(place, Number(score) > mostExposed ? [score] : [], score);
    }),
  },
  {
    id: 'unit-limits',
    title: 'The unit that runs limits memory and processor, and Go is told (GOMEMLIMIT, GOMAXPROCS).',
    reason: 'One service that leaks takes the host with it; Go that does not know its limit is killed at it.',
    fix: 'Write `memory-max` and `cpu-quota`, and deploy: both variables follow from them.',
    level: 'must',
    look: serving(({ place, said, variables }) => {
      const unit = propertiesOf(said['limits']);
      if (unit.size === 0) return unknown(place, 'systemctl show says nothing');
      return judge(place, [
        ...['MemoryMax', 'CPUQuotaPerSecUSec']
          .filter(name => (unit.get(name) || 'infinity') === 'infinity')
          .map(name => `no ${name}`),
        ...['GOMEMLIMIT', 'GOMAXPROCS'].filter(name => !variables.includes(name)).map(name => `no ${name}`),
      ]);
    }),
  },
  {
    id: 'stop-time',
    title: `The unit ends the program by a signal that it can handle, and gives it ${leastStop} seconds or more.`,
    reason: 'Requests under way are cut at each release.',
    fix: 'Take `TimeoutStopSec=` and `KillSignal=` out of drop-ins and `unit-overrides`.',
    level: 'must',
    look: serving(({ place, said }) => {
      const unit = propertiesOf(said['limits']);
      const [time = '', signal = ''] = [unit.get('TimeoutStopUSec'), unit.get('KillSignal')];
      if (time === '') return unknown(place, 'systemctl show says nothing');
      return judge(
        place,
        [
          ...(seconds(time) < leastStop ? [`TimeoutStopSec=${time}`] : []),
          ...(signal === '9' ? ['KillSignal=SIGKILL'] : []),
        ],
        time,
      );
    }),
  },
  {
    id: 'previous-kept',
    title: 'The release before is on the host.',
    reason: 'A rollback that has to build and upload first takes minutes, while users see errors.',
    fix: 'Keep `keep-releases` at 2 or more. After a first deployment there is none: deploy once more.',
    level: 'must',
    look: serving(({ place, previous, releases }) =>
      judge(place, previous === '' ? [`nothing to go back to (${releases} kept)`] : [], previous),
    ),
  },
  {
    id: 'certificate',
    title: `The certificate of the site is valid for ${leastDays} days or more.`,
    reason: 'On the day that it ends, every user sees a warning instead of the service.',
    fix: 'Look at what renews it: `systemctl list-timers certbot.timer`, `certbot renew --dry-run`.',
    level: 'must',
    look: certificate,
  },
  {
    id: 'log-rotation',
    title: 'Logs are rotated.',
    reason: 'A full disk stops the service, its releases and its rollbacks.',
    fix: 'Write `logs: { … }`, which has logrotate’s rule; or name the file in /etc/logrotate.d.',
    level: 'must',
    look: serving(({ place, said }) =>
      said['big-logs'] === undefined
        ? unknown(place, '/var/log cannot be read')
        : judge(place, [
            ...linesOf(said['unrotated']).map(file => `no rule for ${file}`),
            ...linesOf(said['big-logs']).map(file => `${file} has more than 100 MB`),
          ]),
    ),
  },
  {
    id: 'backup-there',
    title: 'There is a backup from before the present release.',
    reason: 'What is configured and was never made is found missing when it is needed.',
    fix: 'Deploy once more, and look at the error if none appears; restore one for practice.',
    level: 'should',
    look: ({ place, said, previous }) => {
      if (!said['backup-to'] || previous === '') return [];
      const kept = linesOf(said['backups']);
      return [judge(place, kept.length === 0 ? [`${said['backup-to']} has none`] : [], kept.at(-1))];
    },
  },
];

/** Where nothing is deployed yet, or no systemd runs it, there is nothing to look at. */
function serving(look: (checkup: HostCheckup) => Seen): Check<HostCheckup>['look'] {
  return checkup => (checkup.serves === '' || checkup.layout === 'dsm' ? [] : [look(checkup)]);
}

/** Of systemd: `1min 30s`, `500ms`, `infinity`. */
function seconds(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  const units: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86_400 };
  return [...text.matchAll(/([\d.]+)(us|ms|s|min|h|d)\b/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * units[unit!]!,
    0,
  );
}

function certificate({ place, said }: HostCheckup): Seen[] {
  const { site = '', certificate: pem = '', now } = said;
  if (site === '') return [];
  if (!site.startsWith('/')) return [fail(place, 'the site has no TLS')];
  if (pem === '') return [unknown(place, `${site} cannot be read`)];
  return [judgeCertificate(place, site, pem, Number(now) * 1000)];
}
