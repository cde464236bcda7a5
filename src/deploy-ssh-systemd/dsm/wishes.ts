import type { Settings } from '../settings.ts';

/** What the inputs ask for that only systemd can do, in words: nothing is left out in silence. Pure. */
export function beyondDsm(settings: Settings): string[] {
  const { unit, mode, become } = settings;
  const wishes: [string, boolean][] = [
    ['`mode: bootstrap` and `become: agent`', mode === 'bootstrap' || become === 'agent'],
    ['`run-as: dynamic` (name a user of the NAS: Control Panel, User & Group)', settings.runAs === 'dynamic'],
    ['`create-user` (make it in the Control Panel)', settings.createUser],
    ['`type: notify`', settings.type === 'notify'],
    [`\`restart-method: ${settings.restartMethod}\``, settings.restartMethod !== 'restart'],
    ['`pid-file`', settings.pidFile !== undefined],
    ['`drop-in`', settings.dropIn !== ''],
    ['`unit-overrides`', unit.overrides.length > 0],
    ['`hardening: strict`', unit.hardening === 'strict'],
    [
      '`certbot` in `proxy` (DSM gets certificates: Control Panel, Security; give their paths)',
      settings.proxy?.tls !== undefined && 'certbot' in settings.proxy.tls,
    ],
    ['`logs`', settings.logs !== undefined],
    ['`firewall`', settings.firewall !== undefined],
    ['`backup`', settings.backup !== undefined],
    ['`missed: run` in `timer`', settings.timer?.missed === 'run'],
    ['`after`', unit.after.length > 0],
    ['`watchdog`', unit.watchdog !== undefined],
    // with docker it is docker's
    ['`tasks-max`', unit.tasksMax !== undefined && settings.container === undefined],
    ['`log-rate-limit`', unit.logRateLimit !== undefined],
    ['`credentials` (give `secret-environment`)', Object.keys(settings.credentials).length > 0],
  ];
  const reads = mode === 'status' || mode === 'remove' || mode === 'rollback' || mode === 'restart';
  return wishes.filter(([, asked]) => asked && !reads).map(([words]) => words);
}
