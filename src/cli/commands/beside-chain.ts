import type { Command } from '../call.ts';
import type { Option } from '../options.ts';
import { config, deployment, environment, records, release, version } from './options.ts';

export const init: Command = {
  name: 'init',
  summary: 'write slipway.yml from what the repository says',
  options: [
    config,
    { name: 'program', value: 'NAME', help: 'Which one, where the module has several.' },
    { name: 'host', value: 'USER@HOST', many: true, help: 'A host to deploy to; may be given several times.' },
    { name: 'image', value: 'NAME', help: 'Where the image is pushed: ghcr.io/acme/hello.' },
    { name: 'url', value: 'URL', help: 'Where users open the service.' },
    { name: 'kubernetes', help: 'Deploy to Kubernetes, also where no manifest or a host is there.' },
    { name: 'namespace', value: 'NAME', help: 'Namespace in the cluster.' },
    { name: 'workflow', help: 'Also write .github/workflows/release.yml.' },
    { name: 'force', help: 'Write a file that is there anew; the old one is kept beside it.' },
    { name: 'yes', short: 'y', help: 'Ask nothing.' },
  ],
  examples: [
    ['slipway init', 'looks, asks what it cannot find, writes slipway.yml'],
    ['slipway init --host deploy@web1.example.com', 'a service on a Linux host'],
    ['slipway init --kubernetes --image ghcr.io/acme/hello --workflow', 'on Kubernetes, from GitHub Actions'],
  ],
  run: async call => (await import('../init/command.ts')).init(call),
};

export const scaffold: Command = {
  name: 'scaffold',
  summary: 'write Kubernetes manifests for a service that has none',
  options: [
    config,
    environment,
    deployment,
    { name: 'name', value: 'NAME', help: 'What the service is called.' },
    { name: 'image', value: 'IMAGE', help: 'Image of the first deployment; a release puts its own in place of it.' },
    { name: 'port', value: 'NUMBER', help: 'Where the program listens. Default: 8080.' },
    {
      name: 'expose',
      value: 'KIND',
      help: 'cluster-ip, node-port, load-balancer, ingress or route. Default: cluster-ip.',
    },
    { name: 'host', value: 'NAME', help: 'What users open; of ingress and route.' },
    { name: 'gateway', value: 'NAME', help: 'The Gateway, or NAMESPACE/NAME; of route.' },
    { name: 'ingress-class', value: 'NAME', help: 'The controller; of ingress. Default: the cluster’s.' },
    { name: 'node-port', value: 'NUMBER', help: 'The port; of node-port. Default: the cluster chooses.' },
    { name: 'health', value: 'PATH', help: 'What says that it lives: /healthz. Default: its port is connected to.' },
    { name: 'ready', value: 'PATH', help: 'What says that it can serve: /readyz. Default: as health.' },
    { name: 'metrics', value: 'PATH', help: '/metrics, or :9090/metrics at a port of its own.' },
    { name: 'replicas', value: 'RANGE', help: 'How many pods: 2-6 by an autoscaler, or a fixed number. Default: 2-6.' },
    { name: 'cpu', value: 'RANGE', help: 'Request and limit. Default: 100m-1.' },
    { name: 'memory', value: 'RANGE', help: 'Request and limit. Default: 64Mi-128Mi.' },
    { name: 'allow-from', value: 'PLACE', many: true, help: 'A namespace or network that may come.' },
    { name: 'allow-to', value: 'PLACE', many: true, help: 'A namespace or network that it may reach.' },
    { name: 'output', short: 'o', value: 'PATH', help: 'Where they are written. Default: deploy.' },
  ],
  examples: [
    ['slipway scaffold --name hello --health /healthz', 'reached inside the cluster'],
    ['slipway scaffold --name hello --expose route --host hello.example.com --gateway web', 'by a Gateway'],
    ['slipway scaffold', 'again, from slipway.yml: your changes stay'],
  ],
  run: async call => (await import('../scaffold.ts')).scaffold(call),
};

export const doctor: Command = {
  name: 'doctor',
  summary: 'the production checklist: what is not as it should be, why it matters, what to do',
  options: [
    config,
    environment,
    deployment,
    records,
    { name: 'strict', help: 'End with 1 for anything that is not met or not known, required or not.' },
  ],
  examples: [
    ['slipway doctor -e production', 'exit code 1 where something that production requires is not met'],
    ['slipway doctor --strict --json', 'every finding, for a script'],
  ],
  run: async call => (await import('../doctor.ts')).doctor(call),
};

export const observe: Command = {
  name: 'observe',
  summary: 'write alerts, their routes, a dashboard and log shipping for the service',
  options: [
    config,
    environment,
    { name: 'output', short: 'o', value: 'DIR', help: 'Where they are written. Default: observe.' },
  ],
  examples: [
    ['slipway observe', 'from the section observe of slipway.yml'],
    ['slipway observe -e production -o observe/production', 'again, for one environment: your changes stay'],
  ],
  run: async call => (await import('../observe.ts')).observe(call),
};

export const logs: Command = {
  name: 'logs',
  summary: 'show the last lines of the service, from its hosts and pods',
  options: [
    config,
    environment,
    deployment,
    { name: 'lines', short: 'n', value: 'NUMBER', help: 'How many of each host and pod. Default: 50.' },
  ],
  examples: [
    ['slipway logs -e production', 'the last 50 lines of each host and pod'],
    ['slipway logs --deployment hosts -n 200', 'of one deployment, more of them'],
  ],
  run: async call => (await import('../logs/command.ts')).logs(call),
};

export const report: Command = {
  name: 'report',
  summary: 'make the HTML report of a release, or the history of all',
  options: [
    config,
    environment,
    records,
    release,
    version('The kept version. Default: the record in slipway-out/.'),
    { name: 'history', help: 'Of all that is kept: lead time, failures, time to restore, sizes.' },
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      help: 'Where the page is written. Default: slipway-out/report.html or history.html.',
    },
  ],
  examples: [
    ['slipway report', 'of the release in slipway-out/'],
    ['slipway report --version v1.2.2 -o old.html', 'of one that is kept'],
    ['slipway report --history -e production', 'of all that was done there'],
  ],
  run: async call => (await import('../report.ts')).report(call),
};

const state: Option = {
  name: 'state',
  value: 'PATH',
  help: 'The folder that it remembers in. Default: STATE_DIRECTORY, else slipway-COMMAND.',
};

export const serve: Command = {
  name: 'serve',
  summary: 'release on each signed push of GitHub, GitLab or Gitea',
  options: [
    config,
    environment,
    { name: 'listen', value: 'ADDRESS', help: ':PORT or ADDRESS:PORT. Default: :8443.' },
    state,
    { name: 'status', help: 'Show the last pushes and how they stand instead.' },
  ],
  examples: [
    ['slipway serve -e production --listen :8443', 'what it listens for stands under serve in slipway.yml'],
    ['slipway serve --status', 'what was pushed, and what became of it'],
  ],
  run: async call => (await import('../serve/command.ts')).serve(call),
};

export const pull: Command = {
  name: 'pull',
  summary: 'deploy each newest release that is verified elsewhere, as soon as it is',
  options: [
    config,
    environment,
    {
      name: 'from',
      value: 'NAME',
      help: 'The environment whose verified releases count. Default: the one before in slipway.yml.',
    },
    records,
    { name: 'interval', value: 'DURATION', help: 'From one look to the next. Default: 60s.' },
    { name: 'once', help: 'Look once and end, for a scheduler of your own.' },
    state,
  ],
  examples: [
    ['slipway pull --from production -e nas --interval 60s', 'until it is ended'],
    ['slipway pull -e nas --once', 'from a scheduler'],
  ],
  run: async call => (await import('../pull/command.ts')).pull(call),
};
