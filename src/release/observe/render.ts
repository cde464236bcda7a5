import { alertmanagerFile } from './alertmanager.ts';
import { businessRules } from './business.ts';
import { dashboardFile } from './dashboard.ts';
import { filebeatFile } from './filebeat.ts';
import { prometheusFile } from './prometheus.ts';
import { rulesFile } from './rules-file.ts';
import { securityRules } from './security.ts';
import { serviceRules } from './service.ts';
import type { Settings } from './settings.ts';
import { systemRules } from './system.ts';
import { textfileFiles } from './textfile.ts';

/** Pure: file name → text. */
export function renderFiles(settings: Settings): Record<string, string> {
  const { business, routes, exporters, logs } = settings;
  const rules = [serviceRules, systemRules, ...(business.length === 0 ? [] : [businessRules]), securityRules];
  const named = rules.map(of => of(settings)).map(one => [`${one.level}.rules.yml`, rulesFile(one, settings)] as const);
  return {
    'prometheus.yml': prometheusFile(settings),
    ...Object.fromEntries(named),
    ...(routes.length === 0 ? {} : { 'alertmanager.yml': alertmanagerFile(settings) }),
    'dashboard.json': dashboardFile(settings),
    ...(exporters.node === undefined ? {} : textfileFiles(settings)),
    ...(logs === undefined ? {} : { 'filebeat.yml': filebeatFile({ ...settings, logs }) }),
  };
}
