import { type Alert, promDuration, type Rules, within } from './rule.ts';
import type { Settings } from './settings.ts';
import { yamlText } from './text.ts';

/** A file of rules as Prometheus reads it. Each alert says in its annotations what to do, and by when it fires and clears. */
export function rulesFile({ level, records, alerts }: Rules, settings: Settings): string {
  const rules = [
    ...records.map(({ record, expr }) => ({ record, expr, labels: { service: settings.service } })),
    ...alerts.map(one => alertRule(one, level, settings)),
  ];
  const group = { name: `${settings.service}-${level}`, interval: promDuration(settings.timing.evaluate), rules };
  return yamlText(
    { groups: [group] },
    [`Alerts of ${settings.service}, level ${level}. Check after a change: promtool check rules ${level}.rules.yml`],
    alerts.map((one, index) => [['groups', 0, 'rules', records.length + index], `From: ${one.from}.`]),
  );
}

function alertRule(alert: Alert, level: string, { service, timing, runbooks }: Settings) {
  const { fires, clears } = within(alert, timing);
  return {
    alert: alert.alert,
    expr: alert.expr,
    ...(alert.for === 0 ? {} : { for: promDuration(alert.for) }),
    labels: { service, level, severity: alert.severity },
    annotations: {
      summary: alert.summary,
      description: alert.description,
      runbook: alert.runbook,
      ...(runbooks === undefined ? {} : { runbook_url: `${runbooks.replace(/\/$/, '')}/${alert.alert}` }),
      fires_within: promDuration(fires),
      clears_within: promDuration(clears),
    },
  };
}
