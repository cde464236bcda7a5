import { parseChecks } from '../core/health/index.ts';
import type { Host } from './hosts.ts';
import type { Settings } from './settings.ts';
import type { Listen } from './values.ts';

/** What is written for one host outranks what is written for its roles, and that what is written for all. */
export function settingsOf(host: Host, settings: Settings): Settings {
  const ofRoles = host.roles.flatMap(role => settings.roles.get(role) ?? []);
  const all: Settings = Object.assign({}, settings, ...ofRoles);
  const { become: given = all.become, layout = all.layout } = host;
  const onVolume = layout === 'dsm' && all.directory === defaultDirectory(all.service);
  const { directory = onVolume ? `/volume1/slipway/${all.service}` : all.directory } = host;
  return {
    ...all,
    environment: Object.assign({}, settings.environment, ...ofRoles.map(one => one.environment)),
    unit: Object.assign({}, settings.unit, ...ofRoles.map(one => one.unit)),
    checks: all.checks.length > 0 ? all.checks : defaultChecks(all.listen),
    // an agent that is there cannot replace itself
    layout,
    become: settings.mode === 'bootstrap' && given !== 'none' ? 'sudo-shell' : given,
    directory,
  };
}

/** Where releases lie, unless somebody says otherwise. */
export function defaultDirectory(service: string): string {
  return `/opt/slipway/${service}`;
}

/** A program that listens is healthy at the least when it accepts connections. */
function defaultChecks(listen: Listen | undefined) {
  if (listen === undefined) return [];
  return parseChecks(`tcp ${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`);
}
