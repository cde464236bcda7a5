import type { Route } from './form.ts';
import type { Settings } from './settings.ts';
import { yamlText } from './text.ts';

/**
 * Who hears of which alert. Every fitting route gets it. An alert of another service reaches nobody here, so that the
 * route can be taken over into an Alertmanager that has others too.
 */
export function alertmanagerFile(settings: Settings): string {
  const { routes, service } = settings;
  const named = routes.map((route, index) => ({ route, name: receiverName(service, route, index) }));
  return yamlText(
    {
      route: {
        receiver: 'nobody',
        routes: [
          {
            receiver: 'nobody',
            matchers: [`service=${JSON.stringify(service)}`],
            group_by: ['service', 'level', 'alertname'],
            group_wait: '30s',
            group_interval: '5m',
            repeat_interval: '4h',
            routes: named.map(({ route, name }) => ({ receiver: name, ...matchersOf(route), continue: true })),
          },
        ],
      },
      inhibit_rules: [
        {
          source_matchers: ['alertname="ErrorRateHigh"'],
          target_matchers: ['alertname=~"ErrorBudgetBurn.*"'],
          equal: ['service'],
        },
        {
          source_matchers: ['alertname="CertificateExpiresSoon"'],
          target_matchers: ['alertname="CertificateExpires"'],
          equal: ['service', 'instance', 'path'],
        },
      ],
      receivers: [{ name: 'nobody' }, ...named.map(({ route, name }) => ({ name, ...configOf(route) }))],
    },
    [
      'Secrets stand in the files that it names, readable by the user of Alertmanager only.',
      'Check after a change: amtool check-config alertmanager.yml',
      `Who hears of it: amtool config routes test --config.file=alertmanager.yml service=${service} level=service severity=critical`,
    ],
    [
      [['inhibit_rules'], 'What follows from another alert is not told besides.'],
      [['route', 'routes', 0, 'repeat_interval'], 'Told again while it lasts.'],
    ],
  );
}

/** By its kind and its place: `hello-slack-0`. */
const receiverName = (service: string, route: Route, index: number) =>
  `${service}-${(['slack', 'pagerduty', 'webhook', 'email'] as const).find(kind => kind in route)}-${index}`;

function matchersOf({ severity, level }: Route): { matchers?: string[] } {
  const matchers = [
    ...(severity === undefined ? [] : [`severity="${severity}"`]),
    ...(level === undefined ? [] : [`level="${level}"`]),
  ];
  return matchers.length === 0 ? {} : { matchers };
}

const title = '{{ .CommonAnnotations.summary }}';
const text = '{{ range .Alerts }}{{ .Annotations.description }} {{ .Annotations.runbook }}\n{{ end }}';

function configOf(route: Route): object {
  if ('slack' in route) {
    const { slack, channel } = route;
    return {
      slack_configs: [
        { api_url_file: slack.file, ...(channel === undefined ? {} : { channel }), send_resolved: true, title, text },
      ],
    };
  }
  if ('pagerduty' in route)
    return { pagerduty_configs: [{ routing_key_file: route.pagerduty.file, description: title, send_resolved: true }] };
  if ('webhook' in route) return { webhook_configs: [{ url: route.webhook, send_resolved: true }] };
  return { email_configs: [route.email].flat().map(to => mailConfig(to, route)) };
}

function mailConfig(to: string, { from, server, username, password }: Extract<Route, { email: unknown }>): object {
  return {
    to,
    from,
    smarthost: server,
    ...(username === undefined ? {} : { auth_username: username }),
    ...(password === undefined ? {} : { auth_password_file: password.file }),
    send_resolved: true,
    headers: { Subject: `{{ .Status | toUpper }}: ${title}` },
  };
}
