import { promDuration } from './rule.ts';
import type { Settings } from './settings.ts';
import { yamlText } from './text.ts';

/** A configuration of Prometheus: jobs for the service and its exporters, and the rules beside it. */
export function prometheusFile(settings: Settings): string {
  const { timing, alertmanagers } = settings;
  const jobs = jobsOf(settings);
  return yamlText(
    {
      global: {
        scrape_interval: promDuration(timing.scrape),
        scrape_timeout: promDuration(Math.min(timing.scrape, 10_000)),
        evaluation_interval: promDuration(timing.evaluate),
      },
      rule_files: ['*.rules.yml'],
      ...(alertmanagers.length === 0
        ? {}
        : { alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] } }),
      scrape_configs: jobs.map(({ job }) => job),
    },
    [
      'For a Prometheus that has others to look after too, take over the entries of scrape_configs and rule_files.',
      'Check after a change: promtool check config prometheus.yml',
    ],
    jobs.map(({ note }, index) => [['scrape_configs', index], note]),
  );
}

interface Job {
  readonly job: object;
  readonly note: string;
}

function jobsOf(settings: Settings): Job[] {
  const { job, targets, metricsPath, scheme, exporters } = settings;
  const { node, blackbox } = exporters;
  const targeted = (list: readonly string[]) => ({ static_configs: [{ targets: list }] });
  return [
    ...(targets.length === 0
      ? []
      : [
          {
            note: 'The service itself.',
            job: {
              job_name: job,
              metrics_path: metricsPath,
              ...(scheme === 'http' ? {} : { scheme }),
              ...targeted(targets),
            },
          },
        ]),
    ...(node === undefined
      ? []
      : [
          {
            note: 'Its hosts: node_exporter (Debian: prometheus-node-exporter), with what slipway-textfile counts.',
            job: { job_name: `${job}-node`, ...targeted(node) },
          },
        ]),
    ...(blackbox === undefined
      ? []
      : [
          {
            note: 'Certificates, as users see them: blackbox_exporter, module http_2xx.',
            job: {
              job_name: `${job}-tls`,
              metrics_path: '/probe',
              params: { module: ['http_2xx'] },
              ...targeted(blackbox.urls),
              relabel_configs: [
                { source_labels: ['__address__'], target_label: '__param_target' },
                { source_labels: ['__param_target'], target_label: 'instance' },
                { target_label: '__address__', replacement: blackbox.address },
              ],
            },
          },
        ]),
  ];
}
